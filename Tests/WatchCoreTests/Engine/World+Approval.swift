// People of the world: who may do what, and what they say to an offer.

@testable import WatchCore

extension World {
    static let admin = Peer(uid: 1001, name: "alice", operates: true, roles: ["any-admin"])
    static let senior = Peer(uid: 1002, name: "bob", roles: ["senior-admin"])
    static let cto = Peer(uid: 1003, name: "carol", roles: ["cto"])
    static let reader = Peer(uid: 1004, name: "dave")

    static let access: Access = {
        var access = Access(operate: ["ops"])
        access.approve = [
            "any-admin": ["admins"], "senior-admin": ["seniors"], "cto": ["board"],
        ]
        return access
    }()

    var id: String { incident?.id ?? "none" }
    var offer: ApprovalOffer? { incident?.offer }

    @discardableResult
    func approve(_ method: String? = nil, by peer: Peer = admin) -> CommandReply {
        command(.approve(incident: id, method: method, comment: ""), by: peer)
    }

    @discardableResult
    func deny(_ comment: String = "", by peer: Peer = admin) -> CommandReply {
        command(.deny(incident: id, comment: comment), by: peer)
    }

    @discardableResult
    func hold(_ duration: Duration, by peer: Peer = admin) -> CommandReply {
        command(.hold(incident: id, for: duration, comment: "a hotfix"), by: peer)
    }

    var lastPage: Message? { messages.last { $0.message.kind == .page }?.message }

    /// 1.0.0 is good, 2.0.0 is deployed and breaches a trigger of mode `page`: a rollback is
    /// offered.
    static func offering(
        plan: Plan = plan(), severity: Severity = .critical, armed: Bool = true,
        change: (inout Configuration) -> Void = { _ in }
    ) -> World {
        let triggers = [trigger("storm", "error_rate(access, 10s) > 25%", severity, .page)]
        var configuration = configuration(services: [service(triggers: triggers)], plan: plan)
        configuration.access = access
        change(&configuration)
        let world = World(configuration, armed: armed)
        _ = world.bakeFirst()
        world.deploy("2.0.0", errorRate: 0.4)
        _ = world.pass(upTo: 30) { $0.lastDecision != nil }
        return world
    }

    static func restore(role: String? = "cto", step: String = "activate") -> Method {
        Method(
            name: "restore", loses: "orders since the last backup", approve: role,
            steps: [World.step(step)])
    }
}
