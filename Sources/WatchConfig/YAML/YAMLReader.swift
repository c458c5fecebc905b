// Text to tree, within bounds. Yams lives in this file and nowhere else. Nothing that a file says
// may make this slow: anchors and aliases are refused before they can multiply.

import WatchCore
import Yams

struct YAMLReader {
    /// Bytes of one file.
    static let sizeLimit = 1 << 20
    /// Lists and mappings inside one another.
    static let depthLimit = 32
    /// Values in one file.
    static let valueLimit = 100_000
    /// Duplicate keys reported per file.
    static let duplicateLimit = 50

    private let file: SourceFile
    private let problems: Problems
    private var values = 0
    private var stopped = false

    /// The document's root; nil when there is none, which has been reported then.
    static func read(_ file: SourceFile, _ problems: Problems) -> YAMLValue? {
        var reader = YAMLReader(file: file, problems: problems)
        return reader.root()
    }

    private init(file: SourceFile, problems: Problems) {
        self.file = file
        self.problems = problems
    }

    private mutating func root() -> YAMLValue? {
        if let place = YAMLPrescan.excess(file) {
            problems.error(place.place, place.message, place.remedy)
            return nil
        }
        var text = file.text
        var duplicates = DuplicateKeys(file: file)
        while true {
            do {
                // The parser owns the anchors: it must live until the tree has been walked.
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                let node = try parser.singleRoot()
                return withExtendedLifetime(parser) { finish(node, duplicates) }
            } catch YamlError.duplicatedKeysInMapping(let keys, let context)
                where duplicates.count < Self.duplicateLimit
            {
                if let renamed = duplicates.rename(context.mark, in: text) {
                    text = renamed
                    continue
                }
                problems.error(
                    place(context.mark), "the key \(keys.first ?? "") is given twice",
                    "keep one of them")
                return nil
            } catch {
                report(error)
                return nil
            }
        }
    }

    private mutating func finish(_ node: Node?, _ duplicates: DuplicateKeys) -> YAMLValue? {
        guard let node, let value = convert(node, depth: 0), !stopped else {
            if !stopped {
                problems.error(
                    file.place(line: 1, column: 1), "the file holds no configuration",
                    "begin with a top-level key such as 'services:', or remove the file")
            }
            return nil
        }
        if value.isNull {
            problems.error(
                file.place(line: 1, column: 1), "the file holds no configuration",
                "begin with a top-level key such as 'services:', or remove the file")
            return nil
        }
        return duplicates.resolve(value, problems)
    }

    // MARK: - The tree

    private func place(_ mark: Mark?) -> Place {
        file.place(line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private mutating func stop(_ place: Place, _ message: String, _ remedy: String) {
        if !stopped { problems.error(place, message, remedy) }
        stopped = true
    }

    private mutating func convert(_ node: Node, depth: Int) -> YAMLValue? {
        let place = place(node.mark)
        values += 1
        guard !stopped else { return nil }
        guard depth <= Self.depthLimit else {
            stop(place, "nested deeper than \(Self.depthLimit) levels", "flatten it")
            return nil
        }
        guard values <= Self.valueLimit else {
            stop(place, "more than \(Self.valueLimit) values in one file", "split the file")
            return nil
        }
        if node.anchor != nil {
            stop(
                place, "anchors and aliases (& and *) are not used in this configuration",
                "write the value out where it is needed, or quote a text that begins with & or *")
            return nil
        }
        checkTag(node, place)
        switch node {
        case .scalar(let scalar):
            return YAMLValue(kind: .scalar(scalar.string, Self.style(scalar.style)), place: place)
        case .sequence(let sequence):
            let items = sequence.compactMap { convert($0, depth: depth + 1) }
            return YAMLValue(kind: .sequence(items), place: place)
        case .mapping(let mapping):
            return YAMLValue(kind: .mapping(entries(mapping, depth: depth)), place: place)
        case .alias:
            stop(
                place, "aliases (*) are not used in this configuration",
                "write the value out where it is needed")
            return nil
        }
    }

    private mutating func entries(_ mapping: Node.Mapping, depth: Int) -> [YAMLValue.Entry] {
        var entries: [YAMLValue.Entry] = []
        for (key, value) in mapping {
            guard let converted = convert(value, depth: depth + 1) else { continue }
            guard let name = convert(key, depth: depth + 1) else { continue }
            guard let text = name.text else {
                problems.error(
                    name.place, "a key must be a text, this is \(name.kindName)",
                    "quote a value that begins with [, {, or contains a ':'")
                continue
            }
            entries.append(
                YAMLValue.Entry(key: text, keyPlace: name.place, value: converted))
        }
        return entries
    }

    private func checkTag(_ node: Node, _ place: Place) {
        let tag = node.tag.description
        guard
            !["tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", ""]
                .contains(tag)
        else { return }
        problems.error(
            place, "the tag '\(tag)' is not used in this configuration", "remove the tag")
    }

    private static func style(_ style: Node.Scalar.Style) -> YAMLValue.Style {
        switch style {
        case .any, .plain: .plain
        case .singleQuoted: .singleQuoted
        case .doubleQuoted: .doubleQuoted
        case .literal: .literal
        case .folded: .folded
        }
    }

    // MARK: - Mistakes of syntax

    private func report(_ error: any Error) {
        guard let error = error as? YamlError else {
            problems.error(file.place(line: 1, column: 1), "\(error)", nil)
            return
        }
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = place(mark)
            let (message, remedy) = SyntaxAdvice.advice(problem, context?.text, at: place)
            problems.error(place, message, remedy)
        case .reader(let problem, _, let value, _):
            problems.error(
                SyntaxAdvice.firstControl(in: file),
                "the file holds a character that YAML does not allow (\(problem), \(value))",
                "remove it; text files hold no control characters")
        case .duplicatedKeysInMapping(let keys, let context):
            problems.error(
                place(context.mark), "too many keys are given twice, '\(keys.first ?? "")' is one",
                "keep one of each")
        default:
            problems.error(
                file.place(line: 1, column: 1), "the file is no YAML: \(error)",
                "check it with an editor that knows YAML")
        }
    }
}
