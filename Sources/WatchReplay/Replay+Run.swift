// The merge and the virtual executor.

import WatchCore

extension Replay {
    private static let second: Int64 = 1_000_000_000

    /// Judges the whole record. Once.
    /// - Throws: `InputProblem`, when a stamp is so far off that the record would span years.
    public mutating func run(_ observer: inout some ReplayObserver) throws {
        let last = request.until.map { $0.nanoseconds.flooredDivision(by: Self.second) }
        begin(&observer)
        tick(start, &observer)
        end = start
        while true {
            if let last {
                if end >= last * Self.second { break }
            } else if nextRecord == nil {
                break
            }
            try checkSpan()
            let next = end + Self.second
            merge(before: next, &observer)
            end = next
            clock = next
            concludeRollbacks(&observer)
            tick(next, &observer)
            concludeRollbacks(&observer)
        }
    }

    /// Time of the next record of any input; nil: all were read.
    private var nextRecord: Int64? {
        var next: Int64?
        for stream in streams {
            if let head = stream.head { next = min(next ?? head, head) }
        }
        for probe in probes {
            if let head = probe.head?.time.nanoseconds { next = min(next ?? head, head) }
        }
        return next
    }

    private func checkSpan() throws {
        let limit = start + request.spanLimit.nanoseconds
        if let until = request.until, until.nanoseconds > limit {
            throw RequestProblem(
                "--until \(until.text) lies more than \(request.spanLimit.text) after "
                    + "the first record"
            )
        }
        guard let next = nextRecord, next > limit else { return }
        let path =
            streams.first { $0.head == next }?.path
            ?? probes.first { $0.head?.time.nanoseconds == next }?.path ?? ""
        throw InputProblem(
            path: path,
            text: "has a record of \(WallTime(nanoseconds: next).text), more than "
                + "\(request.spanLimit.text) after the first record of all; is a stamp wrong?")
    }

    /// What is there before the first record.
    private mutating func begin(_ observer: inout some ReplayObserver) {
        let now = Self.moment(start)
        for service in configuration.services {
            for stream in service.streams {
                take(
                    engine.handle(
                        .stream(service: service.name, stream: stream.name, StreamBatch()),
                        at: now),
                    &observer)
            }
            let ran = Assumptions.earlier(request, than: now, of: service.name)
            guard let running = ran.last else { continue }
            let release = ReleaseIdentity(version: running.version)
            let record = EventRecord(
                time: now.wall, service: service.name, kind: ReplayEvent.Kind.detected.rawValue,
                release: release,
                text: running.time.map { "\(release.text) runs, deployed at \($0.text)" }
                    ?? "\(release.text) runs since before the record")
            if let event = ReplayEvent(record) { observer.happened(event) }
        }
    }

    private mutating func tick(_ time: Int64, _ observer: inout some ReplayObserver) {
        take(engine.handle(.tick, at: Self.moment(time)), &observer)
        observer.judged(engine, at: WallTime(nanoseconds: time))
        let bytes =
            streams.reduce(0) { $0 + $1.source.position }
            + probes.reduce(0) { $0 + $1.source.position }
        observer.progressed(bytes: bytes, at: WallTime(nanoseconds: time))
    }

    /// Tells what the engine wrote into its journal. Nothing else of what it wants is done.
    private mutating func take(_ effects: [Effect], _ observer: inout some ReplayObserver) {
        for case .persist(let transaction) in effects {
            for incident in transaction.incidents where !incident.blind.isEmpty {
                blind[incident.id] = incident
            }
            for record in transaction.events {
                if record.kind == "rollback.began", let service = record.service,
                    let bad = record.release?.version
                {
                    rollbacks.append(
                        AssumedRollback(
                            service: service,
                            due: record.time.nanoseconds + request.rollbackTakes.nanoseconds,
                            bad: bad))
                }
                guard var event = ReplayEvent(record) else { continue }
                event.firstBad =
                    transaction.incidents.last { $0.id == record.incident }?.firstBad
                observer.happened(event)
            }
        }
    }

    // MARK: - One second

    /// What happens at a time of its own, in the order of the contract: what was due, what was
    /// announced, what probes recorded; the command line decides between equals.
    private enum Happening {
        case rollback(Int)
        case announcement
        case probe(Int)
    }

    /// Everything recorded before `limit`. Lines of streams are handed over as sums of their
    /// second, up to each thing that has a time of its own: it may be another release's.
    private mutating func merge(before limit: Int64, _ observer: inout some ReplayObserver) {
        while let (time, happening) = nextHappening, time < limit {
            readStreams(before: time, &observer)
            clock = max(clock, time)
            switch happening {
            case .rollback(let index): conclude(rollbacks.remove(at: index), &observer)
            case .announcement: announce(announcements.removeFirst(), &observer)
            case .probe(let index): record(probes[index], &observer)
            }
        }
        readStreams(before: limit, &observer)
    }

    private mutating func readStreams(
        before limit: Int64, _ observer: inout some ReplayObserver
    ) {
        for stream in streams {
            var goesOn = true
            while goesOn, (stream.head ?? .max) < limit {
                goesOn = stream.read(before: limit)
                hand(stream, &observer)
            }
        }
    }

    private var nextHappening: (time: Int64, Happening)? {
        var next: (time: Int64, Happening)?
        func offer(_ time: Int64, _ happening: Happening) {
            if next.map({ time < $0.time }) ?? true { next = (time, happening) }
        }
        for (index, rollback) in rollbacks.enumerated() { offer(rollback.due, .rollback(index)) }
        if let time = announcements.first?.time { offer(time.nanoseconds, .announcement) }
        for (index, probe) in probes.enumerated() {
            if let time = probe.head?.time.nanoseconds { offer(time, .probe(index)) }
        }
        return next
    }

    private mutating func hand(_ stream: StreamInput, _ observer: inout some ReplayObserver) {
        guard let batch = stream.take() else { return }
        let counts = aside[stream.service] == nil
        observer.saw(batch, of: stream.stream, service: stream.service, counts: counts)
        guard counts else {
            stream.tally.skipped += batch.lines
            return
        }
        clock = max(clock, stream.latest)
        noteLate(batch, stream)
        take(
            engine.handle(
                .stream(service: stream.service, stream: stream.stream, batch),
                at: Self.moment(clock)), &observer)
    }

    private func noteLate(_ batch: StreamBatch, _ stream: StreamInput) {
        guard let oldest = batch.slices.first, oldest.second * Self.second < clock - Self.second,
            let widest = engine.widestWindow(ofStream: stream.stream, service: stream.service)
        else { return }
        let edge = clock - widest.nanoseconds
        for slice in batch.slices where slice.second * Self.second < edge {
            stream.tally.late += slice.count
        }
    }

    private mutating func record(_ probe: ProbeInput, _ observer: inout some ReplayObserver) {
        guard let record = probe.head else { return }
        probe.advance()
        let service = probe.service
        if let bad = aside[service] {
            guard case .version(let version, _, _) = record.version, version != bad else {
                probe.tally.skipped += 1
                return
            }
            lookAgain(at: service, &observer)
        }
        let now = Self.moment(clock)
        let asked = Instant(nanoseconds: record.time.nanoseconds)
        // The version first: the result is already the new release's.
        if let version = record.version {
            if versioned.insert(service).inserted {
                engine.addVersionSource(Assumptions.recorded, of: service)
            }
            take(
                engine.handle(
                    .version(
                        service: service, source: 0,
                        VersionReading(asked: asked, answer: version)), at: now), &observer)
        }
        guard let outcome = record.outcome else { return }
        let result = ProbeResult(
            started: asked, took: record.latency, outcome: outcome, status: record.status)
        take(
            engine.handle(.probe(service: service, probe: probe.probe, result), at: now), &observer)
    }

    private mutating func announce(
        _ announcement: ReplayRequest.Announcement, _ observer: inout some ReplayObserver
    ) {
        let service = announcement.service
        if let bad = aside[service] {
            // The bad release deployed once more, in a world where it never went away.
            guard announcement.version != bad else { return }
            lookAgain(at: service, &observer)
        }
        let command = Command.announce(
            service: service, release: ReleaseIdentity(version: announcement.version), fields: [:])
        take(
            engine.perform(command, by: Self.peer, at: Self.moment(clock)).effects, &observer)
    }

    // MARK: - Assumed rollbacks

    private mutating func concludeRollbacks(_ observer: inout some ReplayObserver) {
        while let index = rollbacks.firstIndex(where: { $0.due <= clock }) {
            conclude(rollbacks.remove(at: index), &observer)
        }
    }

    private mutating func conclude(
        _ rollback: AssumedRollback, _ observer: inout some ReplayObserver
    ) {
        aside[rollback.service] = rollback.bad
        take(engine.assumeRolledBack(rollback.service, at: Self.moment(clock)), &observer)
    }

    private mutating func lookAgain(at service: String, _ observer: inout some ReplayObserver) {
        aside[service] = nil
        take(engine.lookAgain(at: service, at: Self.moment(clock)), &observer)
    }
}
