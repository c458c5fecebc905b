// The world a daemon watches: 200 requests a second, of which half fail while the link `current`
// names a bad release, as lines of nginx with the time they were made.

import Foundation
import Synchronization

final class Traffic: Sendable {
    private static let everyMilliseconds: Int32 = 50
    private static let linesAtOnce = 10

    private let log: String
    private let link: String
    private let bad: String
    private let isStopped = Mutex(false)

    init(log: String, link: String, bad: String = "2.0.0") {
        self.log = log
        self.link = link
        self.bad = bad
        Thread { self.run() }.start()
    }

    func stop() { isStopped.withLock { $0 = true } }

    private func run() {
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer { close(file) }
        while !isStopped.withLock({ $0 }) {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
            let isBad = target?.hasSuffix(bad) ?? false
            var text = ""
            for index in 0..<Self.linesAtOnce {
                text += Self.line(isBad && index % 2 == 0 ? 502 : 200)
            }
            let bytes = Array(text.utf8)
            _ = write(file, bytes, bytes.count)
            // The pace of the load that is simulated; no test waits for it.
            poll(nil, 0, Self.everyMilliseconds)
        }
    }

    static func line(_ status: Int) -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var stamp = [CChar](repeating: 0, count: 64)
        let length = strftime(&stamp, stamp.count, "%d/%b/%Y:%H:%M:%S +0000", &parts)
        let text = String(
            decoding: stamp.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return #"127.0.0.1 - - [\#(text)] "GET / HTTP/1.1" \#(status) 12 "-" "load" 0.012"# + "\n"
    }
}
