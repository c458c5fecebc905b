// What Benchmarks/peers/run calls, each a process of its own: only then does the kernel's count of
// CPU seconds say what one thing cost. With figures for programs, as one JSON object.

import Glibc

struct Command {
    enum Failure: Error, CustomStringConvertible {
        case usage(String)
        case system(String)
        case wrong(String)

        var description: String {
            switch self {
            case .usage(let text): "usage: watchd-bench \(text)"
            case .system(let what): "cannot \(what): \(String(cString: strerror(errno)))"
            case .wrong(let what): what
            }
        }
    }

    private static let usage = """
        [write nginx|json PATH --lines N]
                   [follow PATH --lines N [--live SECONDS] [--json] [--pattern P] [--routes]]
                   [feed PATH --rate N --seconds N]
                   [probe URL --count N --at-once N [--connection fresh|resume|keep]]
        """

    var words: [String] = []
    private var options: [String: String] = [:]
    private var flags: Set<String> = []

    private init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--json", "--routes": flags.insert(word)
            case _ where word.hasPrefix("--"):
                guard let value = rest.popFirst() else { throw Failure.usage(Self.usage) }
                options[word] = value
            default: words.append(word)
            }
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    func text(_ option: String) -> String? { options[option] }
    func number(_ option: String) throws -> Int {
        guard let number = options[option].flatMap({ Int($0) }), number > 0 else {
            throw Failure.usage(Self.usage)
        }
        return number
    }

    static func run(_ arguments: [String]) async throws {
        let command = try Command(arguments)
        switch (command.words.first, command.words.count) {
        case ("write", 3): try LogWriter.write(command)
        case ("feed", 2): try LogWriter.feed(command)
        case ("follow", 2): try FollowCommand.run(command)
        case ("probe", 2): try await ProbeCommand.run(command)
        default: throw Failure.usage(usage)
        }
    }

    /// CPU seconds of this process so far, of all its threads, the kernel's work for it included.
    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    static func report(_ what: String, _ count: Int) {
        print(#"{"\#(what)": \#(count), "cpu": \#(cpuSeconds())}"#)
    }
}
