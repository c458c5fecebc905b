// The fast way through a line must never read one in another way than the thorough one, whatever
// clients write into it.

import Testing
import WatchCore

@testable import WatchStreams

@Suite struct QuickScannerTests {
    private static let formats = [
        LogFormat.nginxCombined + " $request_time", LogFormat.apacheCombined,
        #"$remote_addr - $remote_user [$time_local] "$request" $status $request_time"#,
        #"$msec|$status|$request_time|$host"#,
        #"[$time_iso8601] $status $request_time "$http_x" $uri"#,
        #"$request $status $body_bytes_sent $request_time"#,
        "$status $request_time",
        #"prefix $remote_user "$request" $request_time $status"#,
        #"$time_local $status"#,
    ]

    private static let pieces = [
        "203.0.113.7", "-", " ", " - ", "[", "] ", "\"", "\" ", "\\\"", "\\", "200", "502", "20",
        "2000",
        "0.023", "1", "-", ".5", "3.", "0.1234567891", "12345678901.5", "1795253400.123",
        "21/Nov/2026:09:30:00 +0000", "21/Nov/2026:09:30:01 +0000", "21/Nox/2026:09:30:00 +0000",
        "2026-11-21T09:30:00+00:00", "2026-11-21 09:30:00Z", "GET / HTTP/1.1", "GET /a b", "é",
        "\0",
        "|", "prefix ", "  ",
    ]

    /// Fills a format with values that mostly fit, and then damages the line.
    private func line(_ format: LogFormat, _ random: inout SplitMix) -> [UInt8] {
        var text = String(decoding: format.literals[..<format.prefix.count], as: UTF8.self)
        for (name, field) in zip(format.variables, format.fields) {
            text +=
                random.next(10) == 0
                ? Self.pieces[random.next(Self.pieces.count)]
                : Self.value(name, random.next(3))
            let end = field.terminator.start + field.terminator.count
            text += String(
                decoding: format.literals[field.terminator.start..<end], as: UTF8.self)
        }
        var bytes = Array(text.utf8)
        if random.next(4) == 0, !bytes.isEmpty {
            let piece = Array(Self.pieces[random.next(Self.pieces.count)].utf8)
            bytes.insert(contentsOf: piece, at: random.next(bytes.count))
        }
        if random.next(8) == 0, !bytes.isEmpty { bytes.remove(at: random.next(bytes.count)) }
        return bytes
    }

    private static func value(_ name: String, _ which: Int) -> String {
        switch name {
        case "status": ["200", "502", "-"][which]
        case "request_time": ["0.023", "12.5", "-"][which]
        case "time_local":
            [
                "21/Nov/2026:09:30:00 +0000", "21/Nov/2026:09:30:01 +0000",
                "21/Nov/2026:10:30:01 +0130",
            ][which]
        case "time_iso8601": ["2026-11-21T09:30:00+00:00", "2026-11-21 09:30:00Z", "x"][which]
        case "msec": ["1795253400.123", "1795253400", "1795253401.5"][which]
        case "request": ["GET / HTTP/1.1", #"GET /\" 200 HTTP/1.1"#, "-"][which]
        case "remote_user": ["-", "alice b", "a [21/Nov/2026:09:30:00 +0000] \"x\""][which]
        default: ["203.0.113.7", "-", "a b"][which]
        }
    }

    @Test(arguments: formats)
    func itReadsWhatTheThoroughScannerReads(text: String) throws {
        let format = try LogFormat(text)
        let memo = UnsafeMutablePointer<StampMemo>.allocate(capacity: 1)
        memo.initialize(to: StampMemo())
        defer { memo.deallocate() }
        let quick = try #require(QuickScanner(format, memo: memo))
        defer { quick.deallocate() }
        var random = SplitMix(seed: UInt64(text.utf8.count))
        var read = 0
        for _ in 0..<1_500 {
            let line = line(format, &random)
            line.withUnsafeBytes { bytes in
                guard let found = quick.scan(bytes, NoCaptures()) else { return }
                read += 1
                if format.parse(bytes) != found {
                    Issue.record("\(String(decoding: line, as: UTF8.self))")
                }
            }
        }
        #expect(read > 150)
    }

    @Test func aStampLikeTheOneBeforeIsTheSameInstantAndNoOther() throws {
        let parser = try LineParser(
            StreamConfiguration(
                name: "a", kind: .file(path: "/"), format: .nginx("[$time_local] $status")))
        var line = ParsedLine()
        var seconds: [Int64?] = []
        for stamp in ["09:30:00 +0000", "09:30:00 +0000", "09:30:01 +0000", "09:30:01 +0100"] {
            Array("[21/Nov/2026:\(stamp)] 200".utf8).withUnsafeBytes {
                parser.parse($0, into: &line)
            }
            seconds.append(line.time.map { $0 / 1_000_000_000 - 1_795_253_400 })
        }
        #expect(seconds == [0, 0, 1, 1 - 3600])
    }

    @Test(arguments: [
        StreamConfiguration.Format.nginx("[$time_local] $status $request_time"), .json, .logfmt,
    ])
    func aCarriageReturnBeforeTheNewlineIsNoPartOfTheLine(
        format: StreamConfiguration.Format
    ) throws {
        var stream = StreamConfiguration(name: "a", kind: .file(path: "/"), format: format)
        stream.patterns = [.init("end", "d$")]
        let parser = try LineParser(stream)
        var line = ParsedLine()
        Array("not found\r".utf8).withUnsafeBytes { parser.parse($0, into: &line) }
        #expect(line.patterns == 1)
        stream.patterns = []
        let plain = try LineParser(stream)
        Array("[21/Nov/2026:09:30:00 +0000] 200 0.5\r".utf8).withUnsafeBytes {
            plain.parse($0, into: &line)
        }
        if case .nginx = format { #expect(line.latency == 0.5) }
    }
}

/// Steele et al., "Fast splittable pseudorandom number generators".
private struct SplitMix {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: (z ^ (z >> 31)) >> 1) % bound
    }
}
