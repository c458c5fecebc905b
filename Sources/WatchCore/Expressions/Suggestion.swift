// "Did you mean …?" for misspelt names: the nearest by edit distance (optimal string alignment:
// insertions, deletions, substitutions and swaps of neighbours count one each).

public enum Suggestion {
    /// The nearest of `candidates`, if it is near enough to be meant; nil otherwise.
    public static func nearest(to name: String, among candidates: some Sequence<String>) -> String?
    {
        let allowed = name.count <= 4 ? 1 : name.count <= 8 ? 2 : 3
        var best: (name: String, distance: Int)?
        for candidate in candidates where candidate != name {
            let distance = Self.distance(name, candidate)
            if distance <= allowed, best.map({ distance < $0.distance }) ?? true {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    static func distance(_ a: String, _ b: String) -> Int {
        let first = Array(a.prefix(64))
        let second = Array(b.prefix(64))
        if first.isEmpty { return second.count }
        if second.isEmpty { return first.count }
        var rows = [Array(0...second.count)]
        for i in 1...first.count {
            var row = [i]
            for j in 1...second.count {
                let cost = first[i - 1] == second[j - 1] ? 0 : 1
                var value = Swift.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
                if i > 1, j > 1, first[i - 1] == second[j - 2], first[i - 2] == second[j - 1] {
                    value = Swift.min(value, rows[i - 2][j - 2] + 1)
                }
                row.append(value)
            }
            rows.append(row)
        }
        return rows[first.count][second.count]
    }
}
