// One stream of what the program prints, from its pipe to its file.

import CProcess
import Glibc

struct Channel {
    /// Read end; -1 after its end.
    private(set) var pipe: Int32 = -1
    private(set) var output: Output

    init(limit: Int) { output = Output(limit: limit) }

    /// - Returns: the end that the program writes to.
    mutating func open(_ path: String) throws(CannotStart) -> Int32 {
        output.open(path)
        var ends: [Int32] = [-1, -1]
        guard watchd_pipe(&ends) == 0 else { throw CannotStart(message: reason("make a pipe")) }
        pipe = ends[0]
        _ = fcntl(pipe, F_SETFL, O_NONBLOCK)
        return ends[1]
    }

    /// - Returns: whether there may be more right now.
    mutating func read() -> Bool {
        guard pipe >= 0 else { return false }
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(pipe, &chunk, chunk.count)
        if count > 0 {
            output.add(chunk[..<count])
            return true
        }
        if count < 0 && errno == EINTR { return true }
        if count == 0 || errno != EAGAIN {
            close(pipe)
            pipe = -1
        }
        return false
    }

    /// What is in the pipe now. Its end may never come: a stranger can hold it.
    mutating func drain() {
        for _ in 0..<64 where read() {}
    }

    mutating func finish() { output.finish() }
}
