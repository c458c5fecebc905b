// watchd-simulate: lives through simulated worlds, many on end or one with a trace.

import Glibc

await Program.main(Array(CommandLine.arguments.dropFirst()))
