// What the schedule runs: the probes and version sources as configured. A seam, so that tests of
// the schedule decide when an answer comes.

public import WatchCore
public import WatchHTTP
public import WatchUnits

public protocol Prober: Sendable {
    func probe(_ configuration: ProbeConfiguration, isRecheck: Bool) async -> ProbeResult
    func read(_ source: VersionSource) async -> VersionReading
    /// Where the schedule keeps its time.
    var home: (any TaskExecutor)? { get }
    /// Where such a probe is best run; nil: anywhere.
    func home(of configuration: ProbeConfiguration) -> (any TaskExecutor)?
}

extension Prober {
    public var home: (any TaskExecutor)? { nil }
    public func home(of configuration: ProbeConfiguration) -> (any TaskExecutor)? { nil }
}

/// Probes real targets.
public struct LiveProber: Prober {
    private let http: HTTPProbe
    private let tcp: TCPProbe
    private let tls: TLSProbe
    private let dns: DNSProbe
    private let grpc: GRPCProbe
    private let programs: ExecProbe
    private let units: UnitProbe
    private let prometheus: PrometheusProbe
    private let journeys: JourneyProbe
    private let versions: VersionReader
    private let gate = HostGate()
    private let client: HTTPClient

    /// - Parameter carried: gets what a journey saved, and its cookies, step after step; must not
    ///   block.
    public init(
        client: HTTPClient, secrets: any SecretSource, bus: any UnitBus = SystemdBus(),
        time: any Sleeper,
        carried: @escaping @Sendable (JourneyCheck, [String]) -> Void = { _, _ in }
    ) {
        self.client = client
        let workers = BlockingWorkers(time: time)
        // Programs that hang must not keep secrets and files from being read.
        let runners = BlockingWorkers(time: time)
        let requests = RequestBuilder(secrets: secrets, workers: workers)
        http = HTTPProbe(client: client, requests: requests, time: time)
        tcp = TCPProbe(client: client, requests: requests, time: time)
        tls = TLSProbe(client: client, time: time)
        dns = DNSProbe(
            client: client, datagrams: Datagrams(time: time), workers: workers, time: time)
        grpc = GRPCProbe(client: client, requests: requests, time: time)
        programs = ExecProbe(secrets: secrets, workers: runners, time: time)
        units = UnitProbe(bus: bus, time: time)
        prometheus = PrometheusProbe(client: client, requests: requests, time: time)
        journeys = JourneyProbe(http: http, time: time, carried: carried)
        versions = VersionReader(
            client: client, requests: requests, workers: workers,
            runners: BlockingWorkers(time: time), time: time)
    }

    public func probe(
        _ configuration: ProbeConfiguration, isRecheck: Bool = false
    ) async -> ProbeResult {
        let run = ProbeRun(timeout: configuration.timeout, isRecheck: isRecheck)
        guard let limit = configuration.perHost, let host = configuration.kind.host else {
            return await report(configuration, run).result
        }
        await gate.enter(host, limit: limit)
        let result = await report(configuration, run).result
        await gate.leave(host)
        return result
    }

    /// As `probe`, with all that a person who looks on wants to see.
    public func trace(_ configuration: ProbeConfiguration) async -> ProbeReport {
        await report(
            configuration, ProbeRun(timeout: configuration.timeout, isTraced: true))
    }

    private nonisolated(nonsending) func report(
        _ configuration: ProbeConfiguration, _ run: ProbeRun
    ) async -> ProbeReport {
        switch configuration.kind {
        case .http(let request, let expectation):
            await http.run(
                HTTPProbe.Question(
                    request: request, expectation: expectation,
                    degradedUnless: configuration.degradedUnless), run)
        case .tcp(let check): await tcp.run(check, run)
        case .tls(let check): await tls.run(check, run)
        case .dns(let check): await dns.run(check, run)
        case .grpc(let check): await grpc.run(check, run)
        case .exec(let check): await programs.run(check, run)
        case .unit(let check): await units.run(check, run)
        case .prometheus(let check): await prometheus.run(check, run)
        case .journey(let check): await journeys.run(check, run)
        case .step:
            preconditionFailure("a step is asked by its journey, which has what it needs")
        }
    }

    public var home: (any TaskExecutor)? { client.thread }

    /// What asks over HTTP and nothing else: its answer is looked at where it came, without another
    /// thread. What takes longer goes elsewhere by itself (`HTTPProbe`).
    public func home(of configuration: ProbeConfiguration) -> (any TaskExecutor)? {
        switch configuration.kind {
        case .http: client.thread
        case .tcp, .tls, .dns, .grpc, .exec, .unit, .prometheus, .journey, .step: nil
        }
    }

    public func read(_ source: VersionSource) async -> VersionReading {
        await versions.read(source)
    }
}
