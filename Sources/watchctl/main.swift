// The program people use at 3 a.m.; see `Program` for what happens.

import Glibc

// No `await` here: an asynchronous main makes libdispatch start a thread that blocks no signal, and
// those that `run` is to pass on would end us there.
func start() -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    // Before any thread: those inherit what is blocked.
    if arguments.first == "run" { _ = Inherited.atStart }
    Task.detached {
        // `_exit`, not `exit`: everything is written, and the thread of the HTTP client may still
        // be inside libcurl, under which `exit` would take OpenSSL down (seen as a SIGSEGV after
        // the answer).
        _exit(await Program.run(arguments).rawValue)
    }
    while true { pause() }
}

start()
