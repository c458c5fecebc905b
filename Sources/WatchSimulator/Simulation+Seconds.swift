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
        let isOut = clock.time < networkDownUntil
        var outcome: ProbeResult.Outcome =
            isOut ? .error("network is unreachable") : world.probe(&random, at: clock.time)
        let isTold = scenario.network != .unknown
        // A dead network, and a target that hangs, look alike.
        let hangs = isTold && world.truth.crashes && random.chance(30)
        let timesOut = isTold && (isOut ? random.chance(50) : hangs)
        if timesOut { outcome = .fail("no answer in time") }
        var result = ProbeResult(
            started: clock.moment.boot, took: world.saysLatencies ? .milliseconds(5) : .zero,
            outcome: outcome, isRecheck: isRecheck)
        if isTold { result.host = world.host(of: probe) }
        if timesOut { result.timedOut = true }
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
    private func tell(_ event: consuming Event) throws(Violation) {
        guard !isDown else { return }
        clock.pass(1_000_000)
        if profile.delayed > 0, !isHealing, random.chance(profile.delayed) {
            delayed.append((clock.time + random.nanoseconds(upTo: 4), consume event))
            return
        }
        try deliver(consume event)
    }

    /// Seconds of the log up to the last whole one.
    private func read(_ stream: Int, of index: Int, _ seconds: Int) throws(Violation) {
        let world = worlds[index]
        guard !isDown, let batch = batch(stream, of: world, seconds) else { return }
        clock.pass(1_000_000)
        try deliver(
            .stream(
                service: world.name, stream: world.configuration.streams[stream].name, batch))
    }

    /// nil: nobody hears of it.
    private func batch(_ stream: Int, of world: ServiceWorld, _ seconds: Int) -> StreamBatch? {
        var slices: [StreamBatch.Slice] = []
        var losses = StreamBatch.Losses()
        var source = StreamBatch.Source.reading
        switch world.streams[stream] {
        case .stalled: return nil
        case .unreadable: source = .unreadable("no such file")
        case .reading: slices = self.slices(stream, of: world, seconds, age: 1)
        case .lagging(let age): slices = self.slices(stream, of: world, seconds, age: Int64(age))
        case .jumbled: slices = jumbled(self.slices(stream, of: world, seconds, age: 1), world)
        case .repeating:
            slices = self.slices(stream, of: world, seconds, age: 1)
            slices += slices
        case .unparsed: losses.unparsed = 20
        case .early: losses.early = 20
        case .dropping:
            slices = self.slices(stream, of: world, seconds, age: 1)
            losses.dropped = 5
        }
        var lines = losses.unparsed + losses.early
        for place in slices.indices { lines += slices[place].count }
        return StreamBatch(slices: slices, lines: lines, losses: losses, source: source)
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
        // By place: an event is long to copy.
        guard delayed.indices.contains(where: { delayed[$0].due <= target }) else { return }
        var due: [(due: Int64, event: Event)] = []
        swap(&due, &delayed)
        let isLater = due.indices.filter { due[$0].due > target }
        delayed = isLater.map { due[$0] }
        for place in isLater.reversed() { due.remove(at: place) }
        due.sort { $0.due < $1.due }
        for place in due.indices {
            clock.reach(due[place].due)
            try deliver(due[place].event)
        }
    }
}
