// What the command line asks for, and how it is answered.

import Glibc
import WatchSimulator

enum Program {
    private static let usage = """
        usage: watchd-simulate [--seeds N] [--from SEED] [--events N] [--threads N] [--keep-going]
               watchd-simulate [--seeds N] [--from SEED] [--events N] [--threads N] --twice
               watchd-simulate --seed SEED [--events N] [--trace] [--twice]
               watchd-simulate --search STATES

          --seeds N      live through N worlds (default 1000), seeds from --from (default 1)
          --events N     events of each at least; after seven eighths all is healed (default 2000)
          --threads N    worlds at a time (default 2)
          --keep-going   do not stop at the first failure
          --seed SEED    live through one world; --trace shows every event and effect
          --twice        holds a second run against the first, effect by effect; of many worlds
                         the first run is on one thread. With SWIFT_DETERMINISTIC_HASHING=1 in
                         the environment the digest can be held against that of another build
          --search N     look at every state of the incident machine that the events of each of
                         some small worlds can reach; more than N in one of them is a failure

        Exit status 0: no rule was broken; 1: one was; 2: usage.

        """

    struct Options {
        var seeds: UInt64 = 1000
        var from: UInt64 = 1
        var events = 2000
        var threads = 2
        var keepGoing = false
        var seed: UInt64?
        var trace = false
        var twice = false
        var search: Int?
    }

    static func main(_ arguments: [String]) async {
        guard let options = parse(arguments) else {
            write(usage, to: 2)
            exit(2)
        }
        if let states = options.search { exit(await search(states, options)) }
        if let seed = options.seed { exit(one(seed, options)) }
        if options.twice { exit(await twice(options)) }
        exit(await many(options))
    }

    private static func parse(_ arguments: [String]) -> Options? {
        var options = Options()
        var rest = arguments[...]
        func number<T: FixedWidthInteger>() -> T? { rest.popFirst().flatMap { T($0) } }
        while let word = rest.popFirst() {
            switch word {
            case "--seeds": options.seeds = number() ?? 0
            case "--from": options.from = number() ?? 0
            case "--events": options.events = number() ?? 0
            case "--threads": options.threads = number() ?? 0
            case "--keep-going": options.keepGoing = true
            case "--seed":
                guard let seed: UInt64 = number() else { return nil }
                options.seed = seed
            case "--search": options.search = number() ?? 0
            case "--trace": options.trace = true
            case "--twice": options.twice = true
            default: return nil
            }
        }
        return options.events > 0 && options.threads > 0 && options.seeds > 0
            && options.search.map { $0 > 0 } ?? true ? options : nil
    }

    private static func one(_ seed: UInt64, _ options: Options) -> Int32 {
        let trace: ((String) -> Void)? = options.trace ? { write($0 + "\n", to: 1) } : nil
        let world = Simulation(
            seed: seed, events: options.events, isHashing: options.twice, trace: trace)
        do {
            try world.run()
        } catch {
            write("seed \(seed): \(error)\n", to: 1)
            return 1
        }
        guard options.twice else {
            write("seed \(seed): \(world.events) events, no rule broken\n", to: 1)
            return 0
        }
        let again = Simulation(seed: seed, events: options.events, isHashing: true)
        do { try again.run() } catch { write("the second run: \(error)\n", to: 1) }
        guard again.digest == world.digest else {
            write("seed \(seed): two runs, two outcomes\n", to: 1)
            return 1
        }
        return 0
    }

    private static func search(_ states: Int, _ options: Options) async -> Int32 {
        let began = seconds()
        let outcomes = await Search.all(limit: states, threads: options.threads)
        for outcome in outcomes {
            let end =
                outcome.broken.map {
                    "\($0.violation)\n  after \($0.path.joined(separator: ", "))"
                } ?? (outcome.isClosed ? "closed" : "NOT CLOSED: there are more")
            write(
                "search '\(outcome.scene)': \(outcome.states) states, \(outcome.transitions) "
                    + "transitions, \(outcome.depth) events deep: \(end)\n", to: 1)
        }
        let good = outcomes.allSatisfy { $0.isClosed && $0.broken == nil }
        let total = outcomes.reduce(into: (0, 0)) { $0 = ($0.0 + $1.states, $0.1 + $1.transitions) }
        write(
            "\(total.0) states and \(total.1) transitions in \(rounded(seconds() - began)) s: "
                + (good ? "all closed, no rule broken\n" : "FAILED\n"), to: 1)
        return good ? 0 : 1
    }

    /// The same seeds have the same effects, however they are spread over threads.
    private static func twice(_ options: Options) async -> Int32 {
        let fleet = Fleet(
            seeds: options.from..<options.from + options.seeds, events: options.events,
            isHashing: true)
        let first = await fleet.run(threads: 1, stopAtFirst: false)
        let second = await fleet.run(threads: options.threads, stopAtFirst: false)
        let isSame = first.digest == second.digest && first.events == second.events
        write(
            "\(first.seeds) worlds on one thread and again on \(options.threads): "
                + (isSame ? "the same effects" : "OTHER EFFECTS") + ", digest \(first.digest)\n",
            to: 1)
        return isSame ? 0 : 1
    }

    private static func many(_ options: Options) async -> Int32 {
        let began = seconds()
        let fleet = Fleet(
            seeds: options.from..<options.from + options.seeds, events: options.events)
        let result = await fleet.run(
            threads: options.threads, stopAtFirst: !options.keepGoing)
        let spent = seconds() - began
        let tally = result.tally
        let perEvent = spent * Double(options.threads) * 1e6 / Double(Swift.max(1, result.events))
        write(
            """
            \(result.seeds) worlds, \(result.events) events in \(rounded(spent)) s on \
            \(options.threads) threads: \(rounded(perEvent)) us an event and thread
            \(tally.incidents) incidents, \(tally.pages) pages, \(tally.rollbacks) rollbacks \
            (\(tally.automatic) automatic, \(tally.recovered) recovered, \(tally.handedOver) \
            handed over), \(tally.steps) steps, \(tally.crashes) crashes (\(tally.reboots) \
            reboots), \(tally.releasesGood) releases baked, \(tally.verdicts) verdicts recounted
            \(tally.manualSteps) steps of people, \(tally.operations) guarded operations, \
            \(tally.undoings) undone by phases, \(tally.scheduled) rollbacks for later, \
            \(tally.madeReleases) releases made, \(tally.dryGates) gates asked dry

            """, to: 1)
        for failure in result.failures {
            write(
                """
                seed \(failure.seed): \(failure.violation)
                  replay: watchd-simulate --seed \(failure.seed) --events \(options.events) --trace

                """, to: 1)
        }
        return result.failures.isEmpty ? 0 : 1
    }

    private static func rounded(_ value: Double) -> String {
        String((value * 100).rounded() / 100)
    }

    private static func seconds() -> Double {
        var time = timespec()
        // Only to say how long it took; no world hears of it.
        timespec_get(&time, TIME_UTC)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
