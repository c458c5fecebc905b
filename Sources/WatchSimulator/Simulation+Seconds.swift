// What the engine is told in an ordinary second: lines of logs, results of probes, answers of
// version sources, ends of steps.

import WatchCore

extension Simulation {
    func observe(_ index: Int, _ seconds: Int) throws(Violation) {
        let world = worlds[index]
        if index == 0 { try askConnectivity() }
        for stream in world.streams.indices { try read(stream, of: index, seconds) }
        // By place: a copy of each configuration costs more than to find that it is not due.
        for probe in world.nextProbe.indices where world.nextProbe[probe] <= clock.time {
            let name = world.configuration.probes[probe].name
            world.nextProbe[probe] = next(
                world.nextProbe[probe], world.configuration.probes[probe].every)
            try tell(.probe(service: world.name, probe: name, result(name, of: world)))
        }
        for source in world.nextRead.indices where world.nextRead[source] <= clock.time {
            world.nextRead[source] = next(
                world.nextRead[source], world.configuration.version[source].every)
            try tell(reading(source, of: world))
        }
    }

    /// What comes of a probe now.
    func result(
        _ probe: String, of world: ServiceWorld, isRecheck: Bool = false
    ) -> ProbeResult {
        var result = ProbeResult(
            started: clock.moment.boot, took: world.saysLatencies ? .milliseconds(5) : .zero,
            outcome: .pass,
            isRecheck: isRecheck)
        let isOut = clock.time < networkDownUntil
        result.outcome =
            isOut ? .error("network is unreachable") : world.probe(&random, at: clock.time)
        guard scenario.network != .unknown else { return result }
        result.host = world.host(of: probe)
        // A dead network, and a target that hangs, look alike.
        let hangs = world.truth.crashes && random.chance(30)
        if isOut ? random.chance(50) : hangs {
            result.outcome = .fail("no answer in time")
            result.timedOut = true
        }
        return result
    }

    /// A part of each second after the other part of a later one.
    private func jumbled(
        _ slices: [StreamBatch.Slice], _ world: ServiceWorld
    ) -> [StreamBatch.Slice] {
        let latency: Traffic.Latency? = world.saysLatencies ? .fast : nil
        let halves = slices.map { slice in
            (
                traffic.slice(
                    second: slice.second, count: slice.count / 2, errors: slice.errors / 2,
                    latency: latency),
                traffic.slice(
                    second: slice.second, count: slice.count - slice.count / 2,
                    errors: slice.errors - slice.errors / 2, latency: latency)
            )
        }
        return halves.map(\.0).reversed() + halves.map(\.1)
    }

    /// Without drift, and without catching up.
    private func next(_ due: Int64, _ every: Duration) -> Int64 {
        Swift.max(due + every.nanoseconds, clock.time - Clock.second)
    }

    func reading(_ source: Int, of world: ServiceWorld) -> Event {
        .version(
            service: world.name, source: source,
            VersionReading(
                asked: clock.moment.boot,
                answer: world.answer(of: source, asked: clock.time, &random)))
    }

    /// Now, or a little later when answers are slow; now and then twice.
    private func tell(_ event: Event) throws(Violation) {
        guard !isDown else { return }
        clock.pass(1_000_000)
        if profile.delayed > 0, !isHealing, random.chance(profile.delayed) {
            delayed.append((clock.time + random.nanoseconds(upTo: 4), event))
            return
        }
        try deliver(event)
    }

    /// Seconds of the log up to the last whole one.
    private func read(_ stream: Int, of index: Int, _ seconds: Int) throws(Violation) {
        let world = worlds[index]
        guard !isDown else { return }
        var batch = StreamBatch()
        switch world.streams[stream] {
        case .stalled: return
        case .unreadable: batch.source = .unreadable("no such file")
        case .reading: batch.slices = slices(stream, of: world, seconds, age: 1)
        case .lagging(let age): batch.slices = slices(stream, of: world, seconds, age: Int64(age))
        case .jumbled: batch.slices = jumbled(slices(stream, of: world, seconds, age: 1), world)
        case .repeating:
            let slices = slices(stream, of: world, seconds, age: 1)
            batch.slices = slices + slices
        case .unparsed: batch.losses.unparsed = 20
        case .early: batch.losses.early = 20
        case .dropping:
            batch.slices = slices(stream, of: world, seconds, age: 1)
            batch.losses.dropped = 5
        }
        batch.lines = batch.slices.reduce(batch.losses.unparsed + batch.losses.early) {
            $0 + $1.count
        }
        clock.pass(1_000_000)
        try deliver(
            .stream(
                service: world.name, stream: world.configuration.streams[stream].name, batch))
    }

    private func slices(
        _ stream: Int, of world: ServiceWorld, _ seconds: Int, age: Int64
    ) -> [StreamBatch.Slice] {
        let count = world.requestsPerSecond
        guard count > 0 else { return [] }
        let release = world.answering(&random, at: clock.time)
        // The second log is the database's: only its own trouble is in it.
        let share =
            stream == 0
            ? world.errorShare(of: release, at: clock.time)
            : clock.time < world.troubleUntil ? 50 : 0
        let errors = (count * share + random.below(100)) / 100
        let newest = clock.moment.boot.second - age
        return (0..<Swift.min(seconds, 3)).reversed().map { back in
            traffic.slice(
                second: newest - Int64(back), count: count, errors: Swift.min(errors, count),
                latency: world.saysLatencies ? world.isSlow(release) ? .slow : .fast : nil)
        }
    }

    func deliverDelayed(until target: Int64) throws(Violation) {
        guard !delayed.isEmpty else { return }
        let due = delayed.filter { $0.due <= target }.sorted { $0.due < $1.due }
        guard !due.isEmpty else { return }
        delayed.removeAll { $0.due <= target }
        for (time, event) in due {
            clock.reach(time)
            try deliver(event)
        }
    }
}
