// From paths to text: which files there are, and whether their bytes are text at all.

import Glibc
import WatchSystem

enum Inputs {
    /// A file as it is; of a directory each `*.yaml`, sorted by name.
    static func files(_ path: String, _ problems: Problems) -> [String] {
        guard let found = yamlFiles(path) else { return [path] }
        if found.isEmpty {
            report(path, order: 0, "the directory has no *.yaml", "name a file", problems)
        }
        return found
    }

    /// nil when the path is no directory that can be read.
    static func yamlFiles(_ path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        let base = path.hasSuffix("/") ? path : path + "/"
        return names.sorted().map { base + $0 }
    }

    /// The same for each way to write the path of one file.
    static func identity(of path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    static func read(_ path: String, order: Int, _ problems: Problems) -> SourceFile? {
        do {
            let bytes = try File.read(path, limit: YAMLReader.sizeLimit)
            return decode(bytes, name: path, order: order, problems)
        } catch {
            let remedy: String
            switch error.code {
            case EFBIG: remedy = "a file may have 1 MB; split it"
            case ENOENT: remedy = "check the path"
            case EACCES: remedy = "let the user that runs this read the file"
            default: remedy = "check the path and its permissions"
            }
            report(path, order: order, "the file cannot be read: \(error)", remedy, problems)
            return nil
        }
    }

    /// Text of bytes; nil, and a diagnostic, when they are none.
    static func decode(
        _ bytes: [UInt8], name: String, order: Int, _ problems: Problems
    ) -> SourceFile? {
        guard bytes.count <= YAMLReader.sizeLimit else {
            report(name, order: order, "the file is larger than 1 MB", "split it", problems)
            return nil
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            report(
                name, order: order, "the file is UTF-16", "save it as UTF-8 without a mark",
                problems)
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let file = SourceFile(
                name: name, text: String(decoding: bytes, as: UTF8.self), order: order)
            problems.error(
                firstInvalid(in: bytes, file), "the file is not UTF-8 text",
                "save it as UTF-8; it may be a binary file")
            return nil
        }
        let file = SourceFile(name: name, text: text, order: order)
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
            problems.error(
                file.place(line: 1, column: 1), "the file begins with a byte order mark",
                "save it as UTF-8 without one")
            return nil
        }
        return file
    }

    /// Where the bytes stop being UTF-8.
    private static func firstInvalid(in bytes: [UInt8], _ file: SourceFile) -> Place {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue("\n"):
                line += 1
                column = 1
            case .scalarValue: column += 1
            case .emptyInput, .error: return Place(file: file, line: line, column: column)
            }
        }
    }

    private static func report(
        _ name: String, order: Int, _ message: String, _ remedy: String, _ problems: Problems
    ) {
        let file = SourceFile(name: name, text: "", order: order)
        problems.error(Place(file: file, line: 1, column: 1), message, remedy)
    }
}
