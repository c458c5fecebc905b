// What a replay is asked to do: which files are which signals, and what is known besides.

public import WatchCore

public struct ReplayRequest: Hashable, Sendable {
    /// One file of a stream or of a probe.
    public struct Input: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable {
            case stream, probe
        }

        public var kind: Kind
        public var service: String
        /// The stream's or the probe's name.
        public var signal: String
        /// `-` is standard input.
        public var path: String

        public init(kind: Kind, service: String, signal: String, path: String) {
            self.kind = kind
            self.service = service
            self.signal = signal
            self.path = path
        }

        /// `shop/access`
        public var name: String { "\(service)/\(signal)" }
    }

    /// `--release SERVICE=VERSION[@TIME]`
    public struct Announcement: Hashable, Sendable {
        public var service: String
        public var version: String
        /// nil: it runs since before the start.
        public var time: WallTime?

        public init(service: String, version: String, time: WallTime? = nil) {
            self.service = service
            self.version = version
            self.time = time
        }
    }

    /// In the order in which they were given.
    public var inputs: [Input] = []
    public var releases: [Announcement] = []
    /// `--known-good SERVICE=VERSION`, the latest last.
    public var knownGood: [Announcement] = []
    public var until: WallTime?
    public var rollbackTakes = Duration.seconds(30)
    /// A record that spans more is no record: a stamp is wrong.
    public var spanLimit = Duration.days(400)

    public init() {}
}

/// A request that makes no sense; one sentence with cause and remedy.
public struct RequestProblem: Error, Hashable, Sendable {
    public var text: String

    public init(_ text: String) { self.text = text }
}

extension ReplayRequest.Input {
    /// Reads `SERVICE/SIGNAL=PATH`.
    public init(kind: Kind, argument: String) throws(RequestProblem) {
        let option = "--\(kind.rawValue)"
        guard let equals = argument.firstIndex(of: "=") else {
            throw RequestProblem(
                "\(option) '\(printable(argument))' names no file; write \(option) "
                    + "SERVICE/\(kind.rawValue.uppercased())=PATH")
        }
        let name = argument[..<equals]
        let path = String(argument[argument.index(after: equals)...])
        guard let slash = name.firstIndex(of: "/"), slash != name.startIndex,
            name.index(after: slash) != name.endIndex, !path.isEmpty
        else {
            throw RequestProblem(
                "\(option) '\(printable(argument))' is not of the form "
                    + "SERVICE/\(kind.rawValue.uppercased())=PATH, for instance "
                    + "\(option) shop/access=access.log")
        }
        self.init(
            kind: kind, service: String(name[..<slash]),
            signal: String(name[name.index(after: slash)...]), path: path)
    }
}

extension ReplayRequest.Announcement {
    /// Reads `SERVICE=VERSION`, and `SERVICE=VERSION@TIME` for `--release`.
    public init(option: String, argument: String) throws(RequestProblem) {
        let isRelease = option == "--release"
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            throw RequestProblem(
                "\(option) '\(printable(argument))' names no version; write \(option) "
                    + "SERVICE=VERSION\(isRelease ? "[@TIME]" : "")")
        }
        var version = argument[argument.index(after: equals)...]
        var time: WallTime?
        if isRelease, let at = version.firstIndex(of: "@") {
            time = try ReplayRequest.time(
                String(version[version.index(after: at)...]), of: option)
            version = version[..<at]
        }
        guard Identifier.isValid(version) else {
            throw RequestProblem(
                "\(option) '\(printable(argument))' names no version: "
                    + Identifier.refusal(version))
        }
        self.init(
            service: String(argument[..<equals]), version: String(version), time: time)
    }
}

extension ReplayRequest {
    /// An RFC 3339 date-time.
    public static func time(_ text: String, of option: String) throws(RequestProblem) -> WallTime {
        guard let time = WallTime(text: text) else {
            throw RequestProblem(
                "\(option): '\(printable(text, limit: 40))' is no time; write it as RFC 3339 "
                    + "with its offset, for instance 2026-11-21T09:30:00Z")
        }
        return time
    }

    /// Whether the configuration has all that is named.
    func check(against configuration: Configuration) throws(RequestProblem) {
        guard !inputs.isEmpty else {
            throw RequestProblem(
                "nothing to replay; name at least one file with --stream or --probe")
        }
        guard inputs.count(where: { $0.path == ByteSources.standardInput }) < 2 else {
            throw RequestProblem("standard input (-) can be only one of the inputs")
        }
        for input in inputs {
            let service = try Self.service(input.service, in: configuration)
            let names: [String]
            switch input.kind {
            case .stream: names = service.streams.map(\.name)
            case .probe: names = service.probes.map(\.name)
            }
            guard names.contains(input.signal) else {
                throw RequestProblem(
                    Self.unknown(
                        "\(service.name) has no \(input.kind.rawValue)", input.signal, names))
            }
        }
        for announcement in releases + knownGood {
            _ = try Self.service(announcement.service, in: configuration)
        }
        for (service, given) in Dictionary(grouping: releases, by: \.service)
        where given.count(where: { $0.time == nil }) > 1 {
            throw RequestProblem(
                "--release names two versions of \(service) that run since before the start; "
                    + "say with @TIME when the later one was deployed")
        }
        guard rollbackTakes >= .zero else {
            throw RequestProblem("--rollback-takes must not be negative")
        }
    }

    /// A file that is given twice, by whatever name, would count each of its lines twice.
    func refuseRepeats() throws(RequestProblem) {
        var seen: [String: String] = [:]
        for input in inputs {
            guard let file = ByteSources.identity(input.path) else { continue }
            let key = "\(input.kind.rawValue) \(input.name) \(file)"
            if let before = seen[key] {
                let names =
                    before == input.path
                    ? "'\(printable(before))'"
                    : "'\(printable(before))' and '\(printable(input.path))', which are one file,"
                throw RequestProblem(
                    "\(names) is given twice for --\(input.kind.rawValue) \(input.name): each line "
                        + "would count twice; name it once (a pattern may have named it already)")
            }
            seen[key] = input.path
        }
    }

    /// What `SERVICE/STREAM` names.
    public static func stream(
        _ name: String, in configuration: Configuration
    ) throws(RequestProblem) -> (service: ServiceConfiguration, stream: StreamConfiguration) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts.contains("") else {
            throw RequestProblem(
                "'\(printable(name))' is not of the form SERVICE/STREAM, for instance shop/access")
        }
        let service = try service(parts[0], in: configuration)
        if let stream = service.stream(parts[1]) { return (service, stream) }
        throw RequestProblem(
            unknown(
                "\(service.name) has no stream", parts[1], service.streams.map(\.name)))
    }

    private static func service(
        _ name: String, in configuration: Configuration
    ) throws(RequestProblem) -> ServiceConfiguration {
        if let service = configuration.service(name) { return service }
        throw RequestProblem(
            unknown("there is no service", name, configuration.services.map(\.name)))
    }

    private static func unknown(_ what: String, _ name: String, _ known: [String]) -> String {
        let shown = printable(name, limit: 60)
        if let meant = Suggestion.nearest(to: name, among: known) {
            return "\(what) '\(shown)'; did you mean '\(meant)'?"
        }
        return known.isEmpty
            ? "\(what) '\(shown)'; none is configured"
            : "\(what) '\(shown)'; there is \(known.joined(separator: ", "))"
    }
}
