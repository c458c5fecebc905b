// What the schedule runs: the probes and version sources as configured. A seam, so that tests of
// the schedule decide when an answer comes.

public import WatchCore
public import WatchHTTP

public protocol Prober: Sendable {
    func probe(_ configuration: ProbeConfiguration, isRecheck: Bool) async -> ProbeResult
    func read(_ source: VersionSource) async -> VersionReading
}

/// Probes real targets.
public struct LiveProber: Prober {
    private let http: HTTPProbe
    private let versions: VersionReader

    public init(client: HTTPClient, secrets: any SecretSource, time: any Sleeper) {
        let workers = BlockingWorkers(time: time)
        let requests = RequestBuilder(secrets: secrets, workers: workers)
        http = HTTPProbe(client: client, requests: requests, time: time)
        versions = VersionReader(
            client: client, requests: requests, workers: workers, time: time)
    }

    public func probe(
        _ configuration: ProbeConfiguration, isRecheck: Bool = false
    ) async -> ProbeResult {
        switch configuration.kind {
        case .http(let request, let expectation):
            await http.run(
                request, expect: expectation, timeout: configuration.timeout,
                isRecheck: isRecheck)
        }
    }

    public func read(_ source: VersionSource) async -> VersionReading {
        await versions.read(source)
    }
}
