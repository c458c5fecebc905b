// Everything the socket can be asked, as data: which address means what is decided here and
// nowhere else, so that the check of rights and the answer cannot disagree about it.

import WatchCore

enum Endpoint: Hashable, Sendable {
    case page, metrics
    case status, service(String), explain(service: String, trigger: String)
    case incidents, incident(String), report(String)
    case doctor
    case releases, events, deliveries
    case quiet(QuietStatus.Kind)
    case act(Act)

    enum Act: Hashable, Sendable {
        case acknowledge(String), resolve(String), falseAlarm(String)
        case approve(String), deny(String), hold(String)
        case announce(String), declare(String), rollback(String)
        /// Of a plan.
        case drill(String)
        case abort(String), stepDone(String)
        case beginOperation(String)
        case onOperation(service: String, operation: String, OperationVerb)
        case arm, disarm
        case silence, maintain
        case endSilence(String)
        /// `nil`: of the whole host.
        case endMaintenance(String?)
        /// `service` nil: named in the body, or the only one that ran the version.
        case mark(service: String?, version: String, Standing)
        case reload
        case testChannel(String)
    }

    enum OperationVerb: String, Hashable, Sendable {
        case end, beat, phases
    }

    enum Match: Hashable, Sendable {
        case found(Endpoint)
        case notFound
        case badPath
        /// The address exists for other methods only.
        case wrongMethod(allow: String)
    }

    var need: AccessPolicy.Need {
        switch self {
        case .act(.approve), .act(.deny), .act(.hold): .approve
        case .act: .operate
        case .page, .metrics, .status, .service, .explain, .incidents, .incident, .report,
            .doctor, .releases, .events, .deliveries, .quiet:
            .read
        }
    }

    /// - Parameters:
    ///   - method: as sent; HEAD is treated as GET.
    ///   - path: without the query, still percent-encoded.
    static func match(method: String, path: String) -> Match {
        guard path.hasPrefix("/"), path.utf8.count <= 2048 else { return .badPath }
        var parts: [String] = []
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = percentDecoded(part) else { return .badPath }
            parts.append(text)
        }
        let get = lookUpGet(parts)
        let post = lookUpPost(parts)
        if let delete = lookUpDelete(parts) {
            if method == "DELETE" { return .found(delete) }
            if get == nil, post == nil { return .wrongMethod(allow: "DELETE") }
        }
        switch method {
        case "GET", "HEAD":
            if let get { return .found(get) }
            return post == nil ? .notFound : .wrongMethod(allow: "POST")
        case "POST":
            if let post { return .found(post) }
            return get == nil ? .notFound : .wrongMethod(allow: "GET, HEAD")
        default:
            if get != nil { return .wrongMethod(allow: "GET, HEAD") }
            return post == nil ? .notFound : .wrongMethod(allow: "POST")
        }
    }

    private static func lookUpGet(_ parts: [String]) -> Endpoint? {
        if parts == [""] { return .page }
        if parts == ["metrics"] { return .metrics }
        guard parts.first == "v1", !parts.contains("") else { return nil }
        switch parts.count {
        case 2:
            switch parts[1] {
            case "status": return .status
            case "incidents": return .incidents
            case "releases": return .releases
            case "events": return .events
            case "deliveries": return .deliveries
            case "doctor": return .doctor
            case "silences": return .quiet(.silence)
            case "maintenance": return .quiet(.maintenance)
            default: return nil
            }
        case 3 where parts[1] == "services": return .service(parts[2])
        case 3 where parts[1] == "incidents": return .incident(parts[2])
        case 4 where parts[1] == "incidents" && parts[3] == "report": return .report(parts[2])
        case 6 where parts[1] == "services" && parts[3] == "triggers" && parts[5] == "explain":
            return .explain(service: parts[2], trigger: parts[4])
        default: return nil
        }
    }

    private static func lookUpPost(_ parts: [String]) -> Endpoint? {
        guard parts.first == "v1", !parts.contains("") else { return nil }
        switch (parts.count, parts.dropFirst().first ?? "") {
        case (2, let last): return lookUpSwitch(last)
        case (4, "incidents"): return onIncident(parts[2], parts[3])
        case (4, "services"): return onService(parts[2], parts[3])
        case (4, "plans") where parts[3] == "drill": return .act(.drill(parts[2]))
        case (4, "channels") where parts[3] == "test": return .act(.testChannel(parts[2]))
        case (4, "rollbacks"):
            switch parts[3] {
            case "abort": return .act(.abort(parts[2]))
            case "step-done": return .act(.stepDone(parts[2]))
            default: return nil
            }
        case (6, "services") where parts[3] == "operations":
            return OperationVerb(rawValue: parts[5]).map {
                .act(.onOperation(service: parts[2], operation: parts[4], $0))
            }
        case (4, "releases"):
            return standing(parts[3]).map {
                .act(.mark(service: nil, version: parts[2], $0))
            }
        case (5, "releases"):
            return standing(parts[4]).map {
                .act(.mark(service: parts[2], version: parts[3], $0))
            }
        default: return nil
        }
    }

    private static func lookUpDelete(_ parts: [String]) -> Endpoint? {
        guard parts.first == "v1", !parts.contains("") else { return nil }
        switch (parts.count, parts.dropFirst().first ?? "") {
        case (3, "silences"): return .act(.endSilence(parts[2]))
        case (2, "maintenance"): return .act(.endMaintenance(nil))
        case (3, "maintenance"): return .act(.endMaintenance(parts[2]))
        default: return nil
        }
    }

    private static func lookUpSwitch(_ name: String) -> Endpoint? {
        switch name {
        case "arm": .act(.arm)
        case "disarm": .act(.disarm)
        case "reload": .act(.reload)
        case "silences": .act(.silence)
        case "maintenance": .act(.maintain)
        default: nil
        }
    }

    private static func onIncident(_ id: String, _ verb: String) -> Endpoint? {
        switch verb {
        case "ack": .act(.acknowledge(id))
        case "resolve": .act(.resolve(id))
        case "false-alarm": .act(.falseAlarm(id))
        case "approve": .act(.approve(id))
        case "deny": .act(.deny(id))
        case "hold": .act(.hold(id))
        default: nil
        }
    }

    private static func onService(_ service: String, _ verb: String) -> Endpoint? {
        switch verb {
        case "rollback": .act(.rollback(service))
        case "deploys": .act(.announce(service))
        case "incidents": .act(.declare(service))
        case "operations": .act(.beginOperation(service))
        default: nil
        }
    }

    private static func standing(_ text: String) -> Standing? {
        switch text {
        case "good": .good
        case "bad": .bad
        default: nil
        }
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1); nil when it is broken or not UTF-8.
func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == 0x25 else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexDigit),
            let low = rest.popFirst().flatMap(hexDigit)
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
}
