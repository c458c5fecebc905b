// Versions and ranges of them, as https://semver.org (2.0.0) orders them and as package managers
// write ranges: `^1.4`, `~1.4.2`, `>=1.4 <2`, `1.x`, `^1.4 || ^2`.

public struct SemanticVersion: Hashable, Sendable, Codable, Comparable {
    public var major: Int
    public var minor: Int
    public var patch: Int
    /// `rc.1` of `1.4.0-rc.1`; what comes after `+` counts for nothing (item 10).
    public var prerelease: [String]

    /// nil: the text is no version. A leading `v` is let pass.
    public init?(_ text: some StringProtocol) {
        guard let partial = Partial(text), let minor = partial.minor, let patch = partial.patch
        else { return nil }
        major = partial.major
        self.minor = minor
        self.patch = patch
        prerelease = partial.prerelease
    }

    init(_ major: Int, _ minor: Int, _ patch: Int, _ prerelease: [String] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    var core: [Int] { [major, minor, patch] }

    /// Item 11: numbers by number, a prerelease before its release.
    public static func < (a: SemanticVersion, b: SemanticVersion) -> Bool {
        if a.core != b.core { return a.core.lexicographicallyPrecedes(b.core) }
        if a.prerelease.isEmpty || b.prerelease.isEmpty {
            return !a.prerelease.isEmpty && b.prerelease.isEmpty
        }
        for (left, right) in zip(a.prerelease, b.prerelease) where left != right {
            switch (Int(left), Int(right)) {
            case (let left?, let right?): return left < right
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil): return left < right
            }
        }
        return a.prerelease.count < b.prerelease.count
    }

    /// A version of which the end may be missing or an `x`.
    struct Partial {
        var major: Int
        var minor: Int?
        var patch: Int?
        var prerelease: [String] = []

        init?(_ text: some StringProtocol) {
            let bare = Substring(text.hasPrefix("v") ? text.dropFirst() : text[...])
            let build = bare.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
            let parts = build[0].split(
                separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
            guard (1...3).contains(numbers.count), let major = Self.number(numbers[0]) else {
                return nil
            }
            self.major = major
            var rest: [Int?] = []
            for text in numbers.dropFirst() {
                let isAny = text == "x" || text == "X" || text == "*"
                guard isAny || Self.number(text) != nil else { return nil }
                // `1.x.3` means nothing.
                if !isAny, rest.last == .some(nil) { return nil }
                rest.append(isAny ? nil : Self.number(text))
            }
            minor = rest.first.flatMap { $0 }
            patch = rest.dropFirst().first.flatMap { $0 }
            guard parts.count == 2 else { return }
            prerelease = parts[1].split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            guard patch != nil, prerelease.allSatisfy(Self.isIdentifier) else { return nil }
        }

        private static func number(_ text: some StringProtocol) -> Int? {
            guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }),
                text.count == 1 || !text.hasPrefix("0")
            else { return nil }
            return Int(text)
        }

        private static func isIdentifier(_ text: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy {
                    switch $0 {
                    case 48...57, 65...90, 97...122, 45: true
                    default: false
                    }
                }
        }
    }
}

public struct SemanticRange: Hashable, Sendable, Codable, CustomStringConvertible {
    /// From `low` on, up to `high`, which is not in it unless `isClosed`.
    private struct Span: Hashable, Sendable, Codable {
        var low: SemanticVersion?
        var isOpenLow = false
        var high: SemanticVersion?
        var isClosed = false

        func contains(_ version: SemanticVersion) -> Bool {
            if let low, version < low || (isOpenLow && version == low) { return false }
            guard let high else { return true }
            return isClosed ? version <= high : version < high
        }
    }

    public let description: String
    /// One set must hold, and of it all.
    private let sets: [[Span]]

    /// nil: the text is no range.
    public init?(_ text: String) {
        description = text
        var sets: [[Span]] = []
        var rest = text[...]
        while let bars = rest.firstRange(of: "||") {
            guard let set = Self.set(rest[..<bars.lowerBound]) else { return nil }
            sets.append(set)
            rest = rest[bars.upperBound...]
        }
        guard let last = Self.set(rest) else { return nil }
        sets.append(last)
        self.sets = sets
    }

    /// A prerelease is in a range that names one of the same version, and in no other: `^1.4` does
    /// not mean `1.5.0-rc.1`.
    public func contains(_ version: SemanticVersion) -> Bool {
        sets.contains { set in
            guard set.allSatisfy({ $0.contains(version) }) else { return false }
            guard !version.prerelease.isEmpty else { return true }
            return set.contains { span in
                [span.low, span.high].contains {
                    $0.map { !$0.prerelease.isEmpty && $0.core == version.core } ?? false
                }
            }
        }
    }

    private static func set(_ text: Substring) -> [Span]? {
        var words = text.split(separator: " ").map(String.init)
        // `>= 1.4` is one word.
        for index in words.indices.reversed().dropFirst()
        where ["<", ">", "=", "<=", ">=", "^", "~"].contains(words[index]) {
            words[index] += words.remove(at: index + 1)
        }
        guard !words.isEmpty else { return nil }
        var spans: [Span] = []
        for word in words {
            guard let span = span(word) else { return nil }
            spans.append(span)
        }
        return spans
    }

    private static func span(_ word: String) -> Span? {
        let sign = ["<=", ">=", "<", ">", "=", "^", "~"].first { word.hasPrefix($0) } ?? ""
        guard let partial = SemanticVersion.Partial(word.dropFirst(sign.count)) else { return nil }
        let low = SemanticVersion(
            partial.major, partial.minor ?? 0, partial.patch ?? 0, partial.prerelease)
        // The first after all that `1.4` or `1` stands for.
        let next: SemanticVersion? =
            if let minor = partial.minor {
                partial.patch == nil ? SemanticVersion(partial.major, minor + 1, 0) : nil
            } else {
                SemanticVersion(partial.major + 1, 0, 0)
            }
        switch sign {
        case ">=": return Span(low: low)
        case "<": return Span(high: low)
        case ">": return next.map { Span(low: $0) } ?? Span(low: low, isOpenLow: true)
        case "<=":
            return next.map { Span(high: $0) } ?? Span(high: low, isClosed: true)
        case "^": return Span(low: low, high: caret(partial))
        case "~":
            let high =
                partial.minor.map { SemanticVersion(partial.major, $0 + 1, 0) } ?? next
            return Span(low: low, high: high)
        default:
            return next.map { Span(low: low, high: $0) }
                ?? Span(low: low, high: low, isClosed: true)
        }
    }

    /// Up to the next change of the first number that is not 0.
    private static func caret(_ partial: SemanticVersion.Partial) -> SemanticVersion {
        guard partial.major == 0, let minor = partial.minor else {
            return SemanticVersion(partial.major + 1, 0, 0)
        }
        guard minor == 0, let patch = partial.patch else {
            return SemanticVersion(0, minor + 1, 0)
        }
        return SemanticVersion(0, 0, patch + 1)
    }
}
