// What a world suffers from. Each seed switches some troubles on and others off, so that rare
// ones meet undisturbed in some worlds and all at once in others.

struct Profile {
    /// Chances per ten thousand seconds; 0: never.
    var crash = 0
    var reboot = 0
    var suspend = 0
    var wallJump = 0
    var storeFailure = 0
    var streamFault = 0
    var sourceFault = 0
    var trouble = 0
    var blindness = 0
    var deploy = 0
    var person = 0
    var reload = 0
    var longSleep = 0
    var network = 0
    var quiet = 0
    var operation = 0
    var schedule = 0
    /// Percent.
    var stepFault = 0
    var gateFault = 0
    var announce = 0
    var delayed = 0
    /// The performer of effects lags behind the engine in so many percent of events.
    var lag = 0
    var channelFault = 0

    /// Every fault with its chance, and their sum.
    private(set) var list: [(Int, Fault)] = []
    private(set) var total = 0

    init(_ random: inout Random) {
        func draw(_ random: inout Random, _ on: Int, _ choices: [Int]) -> Int {
            random.chance(on) ? random.pick(choices) : 0
        }
        crash = draw(&random, 50, [20, 60, 200])
        reboot = draw(&random, 25, [10, 30])
        suspend = draw(&random, 25, [20, 50])
        wallJump = draw(&random, 25, [20, 60])
        storeFailure = draw(&random, 30, [20, 60])
        streamFault = draw(&random, 40, [30, 100])
        sourceFault = draw(&random, 40, [30, 100])
        trouble = draw(&random, 40, [20, 60])
        blindness = draw(&random, 30, [30])
        deploy = random.pick([100, 200, 400])
        person = draw(&random, 60, [30, 100, 300])
        reload = draw(&random, 15, [20, 50])
        longSleep = draw(&random, 20, [10, 30])
        stepFault = draw(&random, 50, [10, 30, 60])
        gateFault = draw(&random, 30, [20, 60])
        announce = draw(&random, 60, [30, 100])
        delayed = draw(&random, 40, [10, 40])
        lag = draw(&random, 30, [10, 50])
        channelFault = draw(&random, 40, [20, 60])
        network = draw(&random, 70, [30, 60])
        quiet = draw(&random, 40, [40, 120])
        operation = draw(&random, 35, [60, 120])
        schedule = draw(&random, 25, [40, 100])

        list = [
            (crash, .crash), (reboot, .reboot), (suspend, .suspend), (longSleep, .longSleep),
            (wallJump, .wallJump), (storeFailure, .storeFailure), (streamFault, .streamFault),
            (sourceFault, .sourceFault), (trouble, .trouble), (blindness, .blindness),
            (deploy, .deploy), (person, .person), (reload, .reload), (network, .network),
            (quiet, .quiet), (operation, .operation), (schedule, .schedule),
        ]
        total = list.reduce(0) { $0 + $1.0 }
    }
}
