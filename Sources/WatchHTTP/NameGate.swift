// How many names are looked up at once. libcurl has a thread of its own for each look-up and cannot
// end one: with a resolver that does not answer, threads and descriptors would pile up with every
// probe. So each name is looked up once at a time, few at once, and those who ask meanwhile wait.

import Glibc
import WatchCore

/// Lives on the loop's thread only, as the transfers.
final class NameGate {
    /// Look-ups at once, those included that nobody waits for any more.
    static let limit = 64
    /// libcurl remembers a name for 60 s; so long it is not looked up again.
    static let knownFor = Duration.seconds(50)
    private static let knownLimit = 16_384
    /// We give up so much earlier than libcurl would.
    static let margin = Duration.milliseconds(10)

    typealias Order = TransferLoop.Order

    struct Waiting {
        var order: Order
        var host: String
        var since: Instant

        var deadline: Instant? { order.request.nameTimeout.map { since + $0 } }
    }

    /// By host: the transfer that looks it up.
    private var busy: [String: UInt64] = [:]
    /// Transfers that may be looking up a name; nil: of a redirect, which nobody foresaw.
    private var looking: [UInt64: String?] = [:]
    /// Given up, and not come back yet.
    private(set) var abandoned: [UInt64: Transfer] = [:]
    private var waiting: [Waiting] = []
    private var known: [String: Instant] = [:]

    /// Whether it may begin; if not, it waits.
    func admits(_ order: Order, at now: Instant) -> Bool {
        guard let host = order.prepared.nameToResolve, !isKnown(host, at: now) else { return true }
        guard take(host, for: order.id) else {
            waiting.append(Waiting(order: order, host: host, since: now))
            return false
        }
        return true
    }

    private func isKnown(_ host: String, at now: Instant) -> Bool {
        known[host].map { now < $0 } ?? false
    }

    private func take(_ host: String, for id: UInt64) -> Bool {
        guard busy[host] == nil, busy.count < Self.limit else { return false }
        busy[host] = id
        looking[id] = host
        return true
    }

    /// After libcurl has worked: what has come makes room.
    func settle(_ transfers: [UInt64: Transfer], _ tools: TransferTools, at now: Instant) {
        for (id, host) in looking {
            if let transfer = transfers[id] {
                if transfer.isResolving || (host == nil && transfer.redirectedAfter != nil) {
                    continue
                }
                if let host, !transfer.tried.isEmpty { remember(host, at: now) }
            } else if abandoned[id] != nil {
                continue
            }
            looking[id] = nil
            if let host, busy[host] == id { busy[host] = nil }
        }
        for id in tools.leaving where transfers[id]?.redirectedAfter != nil && looking[id] == nil {
            looking[id] = .some(nil)
        }
        tools.leaving.removeAll(keepingCapacity: true)
    }

    private func remember(_ host: String, at now: Instant) {
        if known.count >= Self.knownLimit { known = known.filter { now < $0.value } }
        guard known.count < Self.knownLimit else { return }
        known[host] = now + Self.knownFor
    }

    /// Those that waited and may begin now.
    func admitted(at now: Instant) -> [Waiting] {
        guard !waiting.isEmpty else { return [] }
        var begun: [Waiting] = []
        waiting.removeAll { item in
            guard isKnown(item.host, at: now) || take(item.host, for: item.order.id) else {
                return false
            }
            begun.append(item)
            return true
        }
        return begun
    }

    /// Those that wait for a name that turned out not to be known to anybody.
    func others(waitingFor host: String?) -> [Order] {
        guard let host, !waiting.isEmpty else { return [] }
        var others: [Order] = []
        waiting.removeAll { item in
            guard item.host == host else { return false }
            others.append(item.order)
            return true
        }
        return others
    }

    // MARK: - Time

    /// Transfers whose name did not come in time.
    func overdue(_ transfers: [UInt64: Transfer], at now: Instant) -> [Transfer] {
        looking.keys.compactMap { transfers[$0] }.filter { transfer in
            transfer.isResolving && (transfer.nameDeadline.map { now >= $0 } ?? false)
        }
    }

    func abandon(_ transfer: Transfer) {
        let id = transfer.order.id
        abandoned[id] = transfer
        guard looking[id].flatMap({ $0 }) == nil else { return }
        // Whoever asks for the same will be sent to the same name.
        let host = transfer.request.hostAsked
        looking[id] = host
        if busy[host] == nil { busy[host] = id }
    }

    /// libcurl is done with it at last.
    func cameBack(_ id: UInt64) -> Transfer? { abandoned.removeValue(forKey: id) }

    /// Those that waited in vain.
    func tiredOfWaiting(at now: Instant) -> [Waiting] {
        guard !waiting.isEmpty else { return [] }
        var tired: [Waiting] = []
        waiting.removeAll { item in
            guard let deadline = item.deadline, now >= deadline else { return false }
            tired.append(item)
            return true
        }
        return tired
    }

    func cancelled(_ id: UInt64) -> Waiting? {
        waiting.firstIndex { $0.order.id == id }.map { waiting.remove(at: $0) }
    }

    /// All that wait, at the end.
    func takeAll() -> [Waiting] {
        defer { waiting = [] }
        return waiting
    }

    /// Why one that waited was not asked.
    func failure(of item: Waiting, at now: Instant) -> HTTPFailure {
        let why =
            busy[item.host] != nil
            ? "an earlier look-up of it has not come back yet"
            : "\(busy.count) look-ups of other names have not come back yet"
        return HTTPFailure(
            kind: .nameNotResolved, phase: .name,
            message: "\(printable(item.order.request.target, limit: 120)): the name was not "
                + "resolved (\(why)); check the host's resolver",
            timings: PhaseTimings(total: (now - item.since).seconds))
    }

    func nextDeadline(_ transfers: [UInt64: Transfer]) -> Instant? {
        guard !looking.isEmpty || !waiting.isEmpty else { return nil }
        return
            (looking.keys.compactMap { transfers[$0]?.nameDeadline }
            + waiting.compactMap(\.deadline)).min()
    }
}

extension String {
    /// A URL that begins with a number where its host is: asked for each request, and mostly so.
    fileprivate var isOfNumber: Bool {
        let rest: String.UTF8View.SubSequence
        if utf8.starts(with: "http://".utf8) {
            rest = utf8.dropFirst(7)
        } else if utf8.starts(with: "https://".utf8) {
            rest = utf8.dropFirst(8)
        } else {
            return false
        }
        for byte in rest {
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") { return true }
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard isDigit || byte == UInt8(ascii: ".") else { return false }
        }
        return true
    }
}

extension HTTPRequest {
    /// The shorter of the limits that hold while a name is looked up.
    var nameTimeout: Duration? { [timeout, connectTimeout].compactMap { $0 }.min() }

    /// The host of the URL, without its port.
    var hostAsked: String { Self.host(of: url) }

    /// The name that has to be looked up for it; nil: none.
    var nameToResolve: String? {
        guard unixSocket == nil, !(proxy ?? url).isOfNumber else { return nil }
        let host = Self.host(of: proxy ?? url)
        // libcurl knows by itself where localhost is.
        guard !host.isEmpty, !host.contains(":"), host != "localhost",
            !host.hasSuffix(".localhost")
        else { return nil }
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 ? nil : host
    }

    private static func host(of url: String) -> String {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        var authority = rest.prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") {
            authority = authority[authority.index(after: at)...]
        }
        if authority.hasPrefix("[") {
            return authority.dropFirst().prefix { $0 != "]" }.lowercased()
        }
        return authority.prefix { $0 != ":" }.lowercased()
    }
}
