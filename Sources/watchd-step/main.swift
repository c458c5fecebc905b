// watchd-step: the shim under which an `exec` step runs. It outlives the daemon that started it,
// keeps the step within its time, and leaves a durable record of how it ended.

import Glibc

do throws(UsageError) {
    let arguments = try Arguments(CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    exit(Shim(arguments).run().rawValue)
} catch {
    complain(error.message + "\n" + Arguments.usage)
    exit(ShimExit.usage.rawValue)
}
