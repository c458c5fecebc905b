// How far a replay has come, on a terminal; nothing anywhere else.

import Glibc
import WatchCore
import WatchReplay

/// Hands everything on, and draws a bar on standard error while it goes by.
struct ReplayProgress<Observer: ReplayObserver>: ReplayObserver {
    private static var width: Int { 30 }
    /// Seconds of engine time between two looks at how many bytes were read.
    private static var look: Int { 64 }

    private(set) var observer: Observer
    private let output: Output
    private let size: Int64?
    private let isShown: Bool
    private var seconds = 0
    private var drawn = -1

    init(_ observer: Observer, of size: Int64?, _ output: Output) {
        self.observer = observer
        self.size = size
        self.output = output
        isShown = isatty(STDERR_FILENO) == 1
    }

    mutating func happened(_ event: ReplayEvent) { observer.happened(event) }

    mutating func saw(_ batch: StreamBatch, of stream: String, service: String, counts: Bool) {
        observer.saw(batch, of: stream, service: service, counts: counts)
    }

    mutating func judged(_ engine: Engine, at time: WallTime) {
        observer.judged(engine, at: time)
    }

    mutating func progressed(bytes: Int64, at time: WallTime) {
        observer.progressed(bytes: bytes, at: time)
        guard isShown else { return }
        seconds += 1
        guard seconds % Self.look == 0 else { return }
        let day = Figures.time(time).dropLast(4)
        guard let size, size > 0 else {
            let megabytes = Int(bytes >> 20)
            if megabytes != drawn { draw("\(megabytes) MB, \(day)", megabytes) }
            return
        }
        let percent = Int(min(100, bytes * 100 / size))
        guard percent != drawn else { return }
        let full = percent * Self.width / 100
        let bar =
            String(repeating: "█", count: full) + String(repeating: "░", count: Self.width - full)
        draw("\(bar) \(percent) %, \(day)", percent)
    }

    mutating func finished() {}

    /// Takes the bar away and lets the observer end.
    mutating func finish() {
        observer.finished()
        if isShown, drawn >= 0 { output.status("\r\u{1B}[K") }
    }

    private mutating func draw(_ text: String, _ number: Int) {
        drawn = number
        output.status("\r\u{1B}[K\(text)")
    }
}
