// Worlds in which somebody wants quiet.

@testable import WatchCore

extension World {
    /// 1.0.0 is good; 2.0.0 was just deployed and is bad, unless `errorRate` says otherwise.
    static func withBadRelease(
        _ configuration: Configuration = World.configuration(), errorRate: Double = 0.4
    ) -> World {
        let world = World(configuration)
        _ = world.bakeFirst()
        world.deploy("2.0.0", errorRate: errorRate)
        return world
    }

    func maintain(_ service: String? = "shop", for lasts: Duration = .hours(2)) -> CommandReply {
        command(.maintain(QuietRequest(service: service, lasts: lasts, reason: "upgrade")))
    }

    func silence(
        _ service: String = "shop", _ trigger: String? = nil, for lasts: Duration = .hours(1)
    ) -> CommandReply {
        command(
            .silence(
                QuietRequest(service: service, trigger: trigger, lasts: lasts, reason: "noise")))
    }

    var pages: [String] {
        messages.filter { $0.message.kind == .page }.map(\.message.title)
    }

    func pages(of service: String) -> [Message] {
        messages.map(\.message).filter { $0.kind == .page && $0.service == service }
    }
}

extension World {
    /// The daemon comes back with `state`, in the same boot.
    func restart(from state: DurableState) {
        engine = Engine(
            configuration: configuration, stored: state, storedBootID: "a", bootID: "a", now: now)
        perform(engine.resume(at: now))
    }
}
