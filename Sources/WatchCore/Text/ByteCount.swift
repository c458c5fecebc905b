// Sizes as people write them: `512 MiB`, `1.5GB`.

public enum ByteCount {
    /// Bytes of each unit: those with an i are powers of 1024 (IEC 80000-13), the others of 1000.
    private static let units: [(name: String, bytes: Double)] = [
        ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("TiB", 1_099_511_627_776),
        ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ]

    /// Bytes; nil when it is no size.
    public static func bytes(_ text: some StringProtocol) -> Double? {
        let text = String(text.filter { $0 != " " })
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.count ?? 0)
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let number = Double(digits), number.isFinite
        else { return nil }
        let bytes = number * (unit?.bytes ?? 1)
        return bytes <= 1e18 ? bytes : nil
    }

    /// `1.5 GiB`; whole below 10 of a unit only where it is whole.
    public static func text(_ bytes: Double) -> String {
        let unit = units[..<4].last { bytes >= $0.bytes }
        guard let unit else { return "\(Int(bytes.rounded())) B" }
        let tenths = (bytes / unit.bytes * 10).rounded() / 10
        let shown = tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
        return "\(shown) \(unit.name)"
    }
}
