// What is wrong with an input file, as a sentence that says where and what to do.

public struct InputProblem: Error, Hashable, Sendable {
    /// As it was named; `standard input` for `-`.
    public var path: String
    /// From 1; nil: it is about the whole file.
    public var line: Int?
    /// Cause and remedy.
    public var text: String

    public init(path: String, line: Int? = nil, text: String) {
        self.path = path
        self.line = line
        self.text = text
    }

    /// `access.log:17: …`
    public var sentence: String { line.map { "\(path):\($0): \(text)" } ?? "\(path): \(text)" }
}
