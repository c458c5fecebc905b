// The program people use at 3 a.m.; see `Program` for what happens.

import Glibc

exit(await Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
