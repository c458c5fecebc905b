// From files to a checked configuration. Whatever is wrong, in whichever file, is told in one go.

public import WatchCore
import WatchSystem
import Yams

public enum ConfigurationLoader {
    /// A larger file is refused.
    public static let sizeLimit = 1 << 20
    /// Values nested deeper are refused.
    static let depthLimit = 32
    /// Values in all, aliases counted as often as they are used.
    static let nodeLimit = 100_000

    /// The main file and the `conf.d/*.yaml` beside it, sorted by name.
    public static func expand(mainFile: String) -> [String] {
        let slash = mainFile.lastIndex(of: "/")
        let directory = slash.map { String(mainFile[..<$0]) } ?? "."
        return [mainFile] + yamlFiles(in: directory + "/conf.d")
    }

    /// Files, and directories whose `*.yaml` are meant.
    /// - Parameter checkSecrets: reads every secret once, and reports those that cannot be read.
    public static func load(
        paths: [String], checkSecrets: (any SecretSource)? = nil
    ) -> LoadResult {
        let report = Report()
        var documents: [Value] = []
        for path in paths.flatMap({ Directory.isDirectory($0) ? yamlFiles(in: $0) : [$0] }) {
            if let document = read(path, report) { documents.append(document) }
        }
        return finish(documents, report, checkSecrets)
    }

    /// A configuration given as text, named `name` in diagnostics.
    public static func load(
        text: String, name: String = "watchd.yaml", checkSecrets: (any SecretSource)? = nil
    ) -> LoadResult {
        let report = Report()
        let document = parse(text, name, report)
        return finish(document.map { [$0] } ?? [], report, checkSecrets)
    }

    private static func yamlFiles(in directory: String) -> [String] {
        Directory.names(in: directory).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
            .sorted().map { "\(directory)/\($0)" }
    }

    private static func finish(
        _ documents: [Value], _ report: Report, _ secrets: (any SecretSource)?
    ) -> LoadResult {
        var reader = ConfigurationReader(report: report)
        for document in documents { reader.read(document) }
        let configuration = reader.configuration
        report.runChecks(configuration)
        if let secrets { reader.checkSecrets(secrets) }
        let diagnostics = report.sorted
        let failed = diagnostics.contains { $0.severity == .error }
        return LoadResult(
            configuration: failed ? nil : configuration, diagnostics: diagnostics)
    }

    // MARK: - One file

    private static func read(_ path: String, _ report: Report) -> Value? {
        let nowhere = Place(file: SourceFile(name: path, text: ""), line: 1, column: 1)
        let bytes: [UInt8]
        do {
            bytes = try File.read(path, limit: sizeLimit)
        } catch {
            let isLarge = error.description.hasSuffix("File too large")
            report.error(
                nowhere, "the file cannot be read: \(error)",
                remedy: isLarge
                    ? "a configuration is at most \(sizeLimit) bytes; split it"
                    : "check the path, and that watchd's user may read it")
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            report.error(
                nowhere, "the file is not UTF-8 text",
                remedy: "save it as UTF-8 without binary data")
            return nil
        }
        return parse(text, path, report)
    }

    private static func parse(_ text: String, _ name: String, _ report: Report) -> Value? {
        var text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        let file = SourceFile(name: name, text: text)
        let start = Place(file: file, line: 1, column: 1)
        if let depth = bracketDepth(text), depth > depthLimit {
            report.error(start, "brackets are nested deeper than \(depthLimit) levels")
            return nil
        }
        do {
            let nodes = try Duplicates.compose(&text, file, report)
            guard nodes.count <= 1 else {
                report.error(
                    start, "the file holds several YAML documents",
                    remedy: "remove the '---' between them, or make files of them in conf.d/")
                return nil
            }
            guard let node = nodes.first else { return nil }
            var budget = nodeLimit
            guard isBounded(node, depth: 0, &budget) else {
                report.error(
                    start, "the file is too large or too deep once its aliases are written out",
                    remedy: "at most \(nodeLimit) values, \(depthLimit) levels deep")
                return nil
            }
            return Value(node: node, file: file, report: report)
        } catch {
            report.add(error, in: file)
            return nil
        }
    }

    /// The deepest nesting of `[` and `{`, so that a hostile file never reaches the parser's own
    /// recursion.
    private static func bracketDepth(_ text: String) -> Int? {
        var depth = 0
        var deepest = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                depth += 1
                deepest = Swift.max(deepest, depth)
            } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                depth = Swift.max(0, depth - 1)
            } else if byte == UInt8(ascii: "\n"), deepest <= depthLimit {
                // Text in quotes may hold brackets; a line is as far as they count.
                depth = Swift.min(depth, 4)
            }
        }
        return deepest
    }

    private static func isBounded(_ node: Node, depth: Int, _ budget: inout Int) -> Bool {
        budget -= 1
        guard budget > 0, depth <= depthLimit else { return false }
        switch node {
        case .scalar, .alias: return true
        case .sequence(let items):
            for item in items where !isBounded(item, depth: depth + 1, &budget) { return false }
            return true
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard isBounded(key, depth: depth + 1, &budget),
                    isBounded(value, depth: depth + 1, &budget)
                else { return false }
            }
            return true
        }
    }
}

extension Report {
    /// What the YAML parser complains of, at its place.
    fileprivate func add(_ error: any Error, in file: SourceFile) {
        func place(_ mark: Mark?) -> Place {
            Place(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
        }
        guard let error = error as? YamlError else {
            self.error(place(nil), "the file is no YAML: \(error)")
            return
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.error(
                place(mark), "this is no YAML: \(problem)",
                remedy: "check indentation (spaces, never tabs), colons and quotes before here")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "'\(printable($0, limit: 40))'" }.joined(separator: ", ")
            self.error(
                place(context.mark), "\(names) is given twice in one mapping",
                remedy: "keep one of them")
        default: self.error(place(nil), "the file is no YAML: \(error)")
        }
    }
}
