// Asks a version source. Whatever it answers becomes part of commands, so it is checked here, and
// "does not answer" is an answer with a reason, never a guess.

public import WatchCore
public import WatchHTTP

public struct VersionReader: Sendable {
    let client: HTTPClient
    let requests: RequestBuilder
    let workers: BlockingWorkers
    /// For programs: one that hangs must not keep files from being read.
    let runners: BlockingWorkers
    let time: any TimeSource

    public init(
        client: HTTPClient, requests: RequestBuilder, workers: BlockingWorkers,
        runners: BlockingWorkers? = nil, time: any TimeSource
    ) {
        self.client = client
        self.requests = requests
        self.workers = workers
        self.runners = runners ?? workers
        self.time = time
    }

    public func read(_ source: VersionSource) async -> VersionReading {
        let asked = time.now().boot
        let answer: VersionReading.Answer
        switch source.kind {
        case .symlink(let path):
            answer = await onWorker(source) { FileVersion.symlink(path) }
        case .file(let path, let pattern):
            answer = await onWorker(source) { FileVersion.file(path, pattern: pattern) }
        case .command(let arguments, let output):
            answer = await run(CommandVersion(arguments: arguments, output: output), source)
        case .http(let spec, let extraction):
            answer = await read(spec, extraction, source.timeout)
        }
        return VersionReading(asked: asked, answer: answer)
    }

    /// Services may share a program, and ask it at the same time.
    private static let programsAtOnce = 4

    private func run(
        _ command: CommandVersion, _ source: VersionSource
    ) async -> VersionReading.Answer {
        let label = printable(source.label)
        for number in 1...Self.programsAtOnce {
            // It keeps its time itself; what is longer is a kernel that does not let go of it.
            let answer = await runners.run(
                key: "\(source.label) #\(number)", timeout: source.timeout + .seconds(5),
                waiting: source.timeout
            ) { [time] in command.answer(within: source.timeout, time: time) }
            switch answer {
            case .success(let answer): return answer
            case .failure(.stuck): continue
            case .failure(.timedOut):
                return .unavailable("\(label) cannot be started or killed; is its mount dead?")
            case .failure(.full):
                return .unavailable("\(label) was not run: too many programs run already")
            }
        }
        return .unavailable("\(label) still runs, asked earlier; is its mount dead?")
    }

    private func onWorker(
        _ source: VersionSource, _ work: @escaping @Sendable () -> VersionReading.Answer
    ) async -> VersionReading.Answer {
        let label = printable(source.label)
        switch await workers.run(key: source.label, timeout: source.timeout, work) {
        case .success(let answer): return answer
        case .failure(.timedOut):
            return .unavailable("\(label) did not answer within \(source.timeout.text)")
        case .failure(.stuck):
            return .unavailable("\(label) has not answered an earlier read; is its mount dead?")
        case .failure(.full):
            return .unavailable("\(label) was not read: too many reads wait on dead mounts")
        }
    }

    private func read(
        _ spec: HTTPRequestSpec, _ extraction: VersionSource.Extraction, _ timeout: Duration
    ) async -> VersionReading.Answer {
        switch await requests.build(spec, timeout: timeout) {
        case .failure(let failure): return .unavailable(failure.message)
        case .success(let built):
            var request = built.request
            request.noCache = true
            switch await client.send(request) {
            case .failure(let failure):
                return .unavailable(built.redactor.redact(failure.message))
            case .success(let response):
                return HTTPVersion(extraction: extraction, redactor: built.redactor)
                    .answer(in: response)
            }
        }
    }
}

extension VersionReading.Answer {
    /// A version by itself, if it is one.
    static func checked(_ text: String, redactor: Redactor? = nil) -> Self {
        guard !Identifier.isValid(text) else { return .version(text, commit: nil, fields: [:]) }
        let refusal = Identifier.refusal(redactor?.redact(text) ?? text)
        return .unavailable("the version is not usable: \(refusal)")
    }
}
