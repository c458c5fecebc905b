// Asks what is reachable from here whenever this host's network works (DESIGN §5 "Outcomes of a
// probe"). Any reply counts, a refusal too: somebody out there heard us.

public import WatchCore
public import WatchHTTP

public actor ConnectivityChecker {
    static let every = Duration.seconds(5)
    static let timeout = Duration.seconds(3)

    private let client: HTTPClient
    private let time: any Sleeper
    private let sink: @Sendable (Event) -> Void
    private var targets: [ConnectivityTarget] = []
    private var clock: Task<Void, Never>?
    /// Checks under way, by number; the engine asks for one a second at most.
    private var running: [Int: Task<Void, Never>] = [:]
    private var last = 0

    /// - Parameter sink: gets `.connectivity` events; must not block.
    public init(
        client: HTTPClient, time: any Sleeper, sink: @escaping @Sendable (Event) -> Void
    ) {
        self.client = client
        self.time = time
        self.sink = sink
    }

    public func replace(with targets: [ConnectivityTarget]) {
        guard targets != self.targets else { return }
        stop()
        self.targets = targets
        guard !targets.isEmpty else { return }
        clock = Task { [weak self, time] in
            var due = time.now().boot
            while !Task.isCancelled {
                await self?.checkNow()
                due = due + Self.every
                await time.sleep(until: due)
            }
        }
    }

    public func stop() {
        clock?.cancel()
        clock = nil
        for check in running.values { check.cancel() }
        running = [:]
        targets = []
    }

    /// Begins a check; what it finds goes to the sink.
    public func checkNow() {
        guard !targets.isEmpty, running.count < 10 else { return }
        last += 1
        let number = last
        running[number] = Task { [client, targets, time] in
            let result = await Self.check(targets, client, time)
            guard !Task.isCancelled else { return }
            self.finished(number, result)
        }
    }

    private func finished(_ number: Int, _ result: ConnectivityResult) {
        guard running.removeValue(forKey: number) != nil else { return }
        sink(.connectivity(result))
    }

    /// All at once; the first that is reached is proof enough.
    static func check(
        _ targets: [ConnectivityTarget], _ client: HTTPClient, _ time: any TimeSource
    ) async -> ConnectivityResult {
        var result = ConnectivityResult(started: time.now().boot, reached: [], problems: [:])
        await withTaskGroup(of: (String, String?).self) { group in
            for target in targets {
                group.addTask { (target.source, await problem(with: target, client)) }
            }
            for await (source, problem) in group {
                guard let problem else {
                    result.reached.append(source)
                    group.cancelAll()
                    return
                }
                result.problems[source] = problem
            }
        }
        return result
    }

    /// nil: something answered.
    private static func problem(
        with target: ConnectivityTarget, _ client: HTTPClient
    ) async -> String? {
        var request: HTTPRequest
        switch target.kind {
        case .tcp(let host, let port):
            request = HTTPRequest(url: "http://\(host):\(port)/")
            request.connectOnly = true
        case .http(let url):
            request = HTTPRequest(method: "HEAD", url: url)
            // Who answers is not the question.
            request.verifyTLS = false
        }
        request.timeout = timeout
        request.reuse = .nothing
        switch await client.send(request) {
        case .success: return nil
        case .failure(let failure):
            return failure.kind.isOurs || failure.isTimeout ? failure.message : nil
        }
    }
}
