// Logs for the comparison with peers: written at once, or line by line at a given rate.

import Glibc
import WatchCore

enum LogWriter {
    /// What a written log covers, up to now; its lines are evenly spread.
    private static let seconds = 60

    /// `write nginx|json PATH --lines N`
    static func write(_ command: Command) throws {
        let count = try command.number("--lines")
        let isJSON = command.words[1] == "json"
        guard let file = fopen(command.words[2], "w") else {
            throw Command.Failure.system("write \(command.words[2])")
        }
        let begin = time(nil) - seconds
        for second in 0..<seconds {
            let moment = broken(begin + second)
            for number in count * second / seconds..<count * (second + 1) / seconds {
                fputs(isJSON ? json(number, moment) : nginx(number, moment), file)
            }
        }
        guard fclose(file) == 0 else { throw Command.Failure.system("write the log") }
    }

    /// `feed PATH --rate N --seconds N`: each line with a write(2) of its own, as nginx writes them.
    static func feed(_ command: Command) throws {
        let rate = try command.number("--rate")
        let seconds = try command.number("--seconds")
        let descriptor = open(command.words[1], O_WRONLY | O_APPEND | O_CREAT, 0o644)
        guard descriptor >= 0 else { throw Command.Failure.system("open \(command.words[1])") }
        defer { close(descriptor) }
        let start = ContinuousClock.now
        var lines: [[UInt8]] = []
        var written = 0
        var last: time_t = 0
        while written < rate * seconds {
            let elapsed = ContinuousClock.now - start
            let now = time(nil)
            if now != last {
                last = now
                lines = (0..<256).map { Array(nginx($0, broken(now)).utf8) }
            }
            let due = min(rate * seconds, Int(elapsed.seconds * Double(rate)))
            while written < due {
                let line = lines[written % lines.count]
                guard Glibc.write(descriptor, line, line.count) == line.count else {
                    throw Command.Failure.system("append a line")
                }
                written += 1
            }
            usleep(1000)
            if elapsed.seconds > Double(seconds) * 1.5 { break }
        }
        let took = (ContinuousClock.now - start).seconds
        print(#"{"lines": \#(written), "seconds": \#(took)}"#)
    }

    private static func broken(_ moment: time_t) -> tm {
        var moment = moment
        var parts = tm()
        gmtime_r(&moment, &parts)
        return parts
    }

    private static func format(_ time: tm, _ shape: String) -> String {
        var time = time
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, shape, &time)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func nginx(_ number: Int, _ time: tm) -> String {
        #"203.0.113.\#(number % 250) - - [\#(format(time, "%d/%b/%Y:%H:%M:%S +0000"))] "#
            + #""GET /api/orders/\#(number) HTTP/1.1" \#(number % 50 == 0 ? 502 : 200) 512 "-" "#
            + #""Mozilla/5.0 (X11; Linux x86_64)" 0.0\#(number % 90 + 10)"# + "\n"
    }

    /// 300 bytes, in the order in which loggers write.
    private static func json(_ number: Int, _ time: tm) -> String {
        let head =
            #"{"time":"\#(format(time, "%Y-%m-%dT%H:%M:%S")).123Z","level":"info","#
            + #""msg":"request done","trace":"4bf92f3577b34da6a3ce929d0e0e4736","#
            + #""req":{"method":"GET","path":"/api/orders/\#(number)","ua":"Mozilla/5.0"},"#
            + #""status":\#(number % 50 == 0 ? 502 : 200),"took_ms":\#(number % 90 + 10).25,"#
            + #""host":""#
        let tail = "\"}\n"
        let missing = max(1, 300 - head.utf8.count - tail.utf8.count)
        return head + String(repeating: "h", count: missing) + tail
    }
}
