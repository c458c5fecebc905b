// The world of a replay: what was recorded is all there is, and nobody is there but the engine.

import WatchCore

enum Assumptions {
    /// The configuration with what was not given taken away. A signal that is not there is
    /// *insufficient* in every expression, its counts too, and can be neither blind nor paged.
    static func configuration(
        _ configuration: Configuration, for request: ReplayRequest
    ) -> Configuration {
        var result = configuration
        for index in result.services.indices {
            let service = result.services[index].name
            func isGiven(_ kind: ReplayRequest.Input.Kind, _ name: String) -> Bool {
                request.inputs.contains {
                    $0.kind == kind && $0.service == service && $0.signal == name
                }
            }
            result.services[index].streams.removeAll { !isGiven(.stream, $0.name) }
            result.services[index].probes.removeAll { !isGiven(.probe, $0.name) }
            // The `version` fields of all its probe files are one source, and one read counts.
            // Where none names a version there is none, and announcements last.
            result.services[index].agree = 1
            result.services[index].version = []
        }
        return result
    }

    /// Stands for what probe files say of the version; nobody reads it.
    static let recorded = VersionSource(
        kind: .file(path: "probe records", pattern: nil), every: .seconds(1))

    /// Armed, with what is known from before the first record.
    static func state(
        of configuration: Configuration, for request: ReplayRequest, at start: Moment
    ) -> DurableState {
        let arming = Arming(isArmed: true, by: "replay", reason: "a replay is always armed")
        var state = DurableState(host: HostState(arming: arming))
        for service in configuration.services {
            let knownGood = request.knownGood.filter { $0.service == service.name }
            let ran = earlier(request, than: start, of: service.name)
            guard !ran.isEmpty || !knownGood.isEmpty else { continue }
            state.services[service.name] = ServiceState.seeded(
                knownGood: knownGood.map { ReleaseIdentity(version: $0.version) },
                ran: ran.map { announcement in
                    let since = announcement.time.map {
                        Moment(boot: start.instant(at: $0), wall: $0)
                    }
                    return (ReleaseIdentity(version: announcement.version), since)
                }, at: start)
        }
        return state
    }

    /// Announcements from before the start, oldest first; those without a time before all.
    static func earlier(
        _ request: ReplayRequest, than start: Moment, of service: String
    ) -> [ReplayRequest.Announcement] {
        inOrder(
            request.releases.filter { announcement in
                announcement.service == service
                    && (announcement.time.map { $0 < start.wall } ?? true)
            })
    }

    /// Announcements in the order of their times; equal ones as they were given.
    static func inOrder(
        _ announcements: [ReplayRequest.Announcement]
    ) -> [ReplayRequest.Announcement] {
        let first = WallTime(nanoseconds: .min)
        return announcements.enumerated().sorted { a, b in
            let (earlier, later) = (a.element.time ?? first, b.element.time ?? first)
            return earlier == later ? a.offset < b.offset : earlier < later
        }.map(\.element)
    }
}
