// The command line. The daemon writes it, so it is strict: anything unknown is an error.

import Glibc

struct UsageError: Error {
    var message: String
}

struct Arguments {
    static let usage = """
        usage: watchd-step --directory DIR --timeout SECONDS [--grace SECONDS] \
        [--output-limit BYTES] [--chdir DIR] [--input FILE] [--answer apart|along] \
        [--stop TERM|INT] -- PROGRAM [ARGUMENT]...
        """

    /// Where claim, output and exit record go; exists already, absolute.
    var directory = ""
    /// Where the program starts; nil: where the shim did.
    var workingDirectory: String?
    /// Seconds the program may take.
    var timeout = 0.0
    /// Seconds between the signal by which it is asked to end, and SIGKILL.
    var grace = 5.0
    /// Bytes of output that are kept.
    var outputLimit = 1_048_576
    /// What the program reads; removed when it has it open. nil: nothing.
    var input: String?
    /// By which its program is asked to end.
    var stopSignal = SIGTERM
    /// Its standard output goes to the file `answer`, apart from its errors.
    var separatesAnswer = false
    /// The program and its arguments, as the bytes they came in; ends with a null pointer.
    let program: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(
        _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, count: Int
    ) throws(UsageError) {
        func text(_ index: Int) -> String? {
            guard index < count else { return nil }
            return argv[index].map { String(cString: $0) }
        }
        var index = 1
        while let option = text(index), option != "--" {
            guard let value = text(index + 1) else {
                throw UsageError(message: "\(option) needs a value")
            }
            switch option {
            case "--directory": directory = value
            case "--chdir": workingDirectory = value
            case "--input": input = value
            case "--answer":
                guard ["apart", "along"].contains(value) else {
                    throw UsageError(message: "--answer: '\(value)' is neither apart nor along")
                }
                separatesAnswer = value == "apart"
            case "--stop":
                guard ["TERM", "INT"].contains(value) else {
                    throw UsageError(message: "--stop: '\(value)' is neither TERM nor INT")
                }
                stopSignal = value == "INT" ? SIGINT : SIGTERM
            case "--timeout": timeout = try Self.seconds(option, value)
            case "--grace": grace = try Self.seconds(option, value)
            case "--output-limit":
                guard let bytes = Int(value), (1...1 << 30).contains(bytes) else {
                    throw UsageError(message: "--output-limit: '\(value)' is no number of bytes")
                }
                outputLimit = bytes
            default: throw UsageError(message: "unknown option '\(option)'")
            }
            index += 2
        }
        guard directory.hasPrefix("/") else {
            throw UsageError(message: "--directory must be an absolute path")
        }
        guard timeout > 0 else { throw UsageError(message: "--timeout is missing") }
        guard index + 1 < count else { throw UsageError(message: "no program after '--'") }
        program = argv + (index + 1)
    }

    private static func seconds(_ option: String, _ value: String) throws(UsageError) -> Double {
        guard let seconds = Double(value), seconds >= 0, seconds < 1e8 else {
            throw UsageError(message: "\(option): '\(value)' is no number of seconds")
        }
        return seconds
    }
}

/// One line for whoever keeps the shim's stderr; there is nobody else to tell.
func complain(_ message: String) {
    let line = Array("watchd-step: \(message)\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
