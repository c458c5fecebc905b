// Other hosts that steps and channels talk to: a connection is made and given up again. No request
// and no message is sent.

import WatchCore
import WatchHTTP

extension Doctor {
    func connections(_ places: [Needs.Place]) async -> [DoctorReport.Check] {
        var checks: [DoctorReport.Check] = []
        for begin in stride(from: 0, to: places.count, by: Self.connectionsAtOnce) {
            let some = places[begin..<min(begin + Self.connectionsAtOnce, places.count)]
            checks += await withTaskGroup(of: (Int, DoctorReport.Check).self) { group in
                for (index, place) in some.enumerated() {
                    group.addTask { (index, await connect(place)) }
                }
                var found: [(Int, DoctorReport.Check)] = []
                for await check in group { found.append(check) }
                return found.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
        return checks
    }

    private func connect(_ place: Needs.Place) async -> DoctorReport.Check {
        func check(
            _ state: DoctorReport.State, _ text: String, _ remedy: String? = nil
        ) -> DoctorReport.Check {
            DoctorReport.Check(
                kind: place.kind, name: place.name, state: state, text: text, remedy: remedy,
                usedBy: place.users)
        }
        guard place.url.variables.isEmpty else {
            return check(.unknown, "its address is known when a rollback begins")
        }
        let url: String
        do throws(Template.RenderError) {
            url = try place.url.render(secrets: secrets)
        } catch {
            return check(
                .problem, "its address cannot be had: \(Self.text(error))",
                "watchd's user must be able to read the secret")
        }
        guard let origin = place.kind == "database" ? Self.databaseOrigin(url) : Self.origin(url)
        else { return check(.unknown, "its socket or its several hosts are not looked at") }
        var request = HTTPRequest(url: origin, timeout: Self.patience, reuse: .nothing)
        request.connectOnly = true
        switch await client.send(request) {
        case .success: return check(.ok, "can be reached")
        case .failure(let failure):
            // The address may be a secret itself, so only its kind of failure is told.
            let why =
                place.url.secrets.isEmpty
                ? printable(failure.message, limit: 200) : "\(failure.kind)"
            return check(
                .problem, "cannot be reached: \(why)",
                "check name resolution and firewall of this host, and IPAddressDeny= and "
                    + "RestrictAddressFamilies= of the unit")
        }
    }

    private static func text(_ error: Template.RenderError) -> String {
        switch error {
        case .secret(let error): error.message
        case .noValue(let variable): "${\(variable)} has no value"
        }
    }

    /// Where PostgreSQL listens; nil: not at one host and port. What is spoken there does not
    /// matter to a mere connection.
    static func databaseOrigin(_ url: String) -> String? {
        let place = origin(url.last == "\n" ? String(url.dropLast()) : url)
        guard let scheme = place.firstRange(of: "://") else { return nil }
        let host = place[scheme.upperBound...].dropLast()
        guard !host.isEmpty, !host.contains(","), !host.hasPrefix("%"), !host.hasPrefix(":")
        else { return nil }
        let end = host.lastIndex(of: "]").map { host[$0...] } ?? host
        return "http://\(host)\(end.contains(":") ? "" : ":5432")/"
    }

    /// Scheme, host and port: all that a connection needs.
    static func origin(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let host = rest.split(separator: "@", omittingEmptySubsequences: false).last ?? rest
        return url[..<scheme.upperBound] + host + "/"
    }
}
