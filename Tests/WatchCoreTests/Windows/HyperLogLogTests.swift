// How far the number of distinct values is off, which is what the documentation promises.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct HyperLogLogTests {
    private func hash(_ text: String) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { Audience.hash($0) }
    }

    private func sketch(_ values: Range<Int>, _ name: String = "client") -> HyperLogLog {
        values.reduce(into: HyperLogLog()) { $0.insert(hash("\(name)-\($1)")) }
    }

    @Test func upToAThousandValuesTheCountIsExact() {
        for count in [0, 1, 2, 10, 100, 500, 1000, 1023] {
            let sketch = sketch(0..<count)
            #expect(sketch.estimate == Double(count))
        }
    }

    @Test func theStandardErrorIsThatOfFourThousandRegisters() {
        for count in [1024, 3000, 10_000, 40_000, 200_000] {
            let runs = count > 100_000 ? 8 : 40
            let errors = (0..<runs).map { run in
                sketch(0..<count, "run \(run)").estimate / Double(count) - 1
            }
            let mean = errors.reduce(0, +) / Double(runs)
            let deviation = (errors.map { $0 * $0 }.reduce(0, +) / Double(runs)).squareRoot()
            #expect(deviation < 1.5 * 0.0163, "\(count) values: \(deviation)")
            #expect(abs(mean) < 0.01, "\(count) values: \(mean)")
        }
    }

    @Test func seeingAValueAgainChangesNothing() {
        for count in [10, 5000] {
            let once = sketch(0..<count)
            var again = once
            for value in 0..<count { again.insert(hash("client-\(value)")) }
            #expect(again == once)
        }
    }

    @Test(arguments: [
        (0..<10, 5..<20), (0..<900, 800..<1500), (0..<10, 0..<9000), (0..<9000, 0..<10),
        (0..<20_000, 10_000..<30_000),
    ])
    func mergingCountsTheUnion(a: Range<Int>, b: Range<Int>) {
        let union = sketch(min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound))
        var merged = sketch(a)
        merged.merge(sketch(b))
        var other = sketch(b)
        other.merge(sketch(a))
        #expect(other == merged)
        // Registers made of 32 bits know ranks up to 21, made of 64 all of them.
        #expect(abs(merged.estimate / union.estimate - 1) < 0.001)
    }

    @Test func theHashIsTheSameInEveryProcess() {
        #expect(hash("203.0.113.7") == 1_349_504_157_941_897_337)
        #expect(hash("") != hash("a"))
    }

    @Test(arguments: [0, 1, 1023, 1024, 50_000])
    func aCheckpointBringsItBack(count: Int) throws {
        let sketch = sketch(0..<count)
        let data = try JSONEncoder().encode(sketch)
        #expect(data.count <= 5600)
        #expect(try JSONDecoder().decode(HyperLogLog.self, from: data) == sketch)
    }

    @Test func aDamagedCheckpointIsRefused() {
        let falling = Base64.encode([2, 0, 0, 0, 1, 0, 0, 0])
        let tooHigh = Base64.encode([UInt8](repeating: 60, count: 4096))
        let tooLong = Base64.encode([UInt8](repeating: 0, count: 4100))
        for text in ["AA==", "x", falling, tooHigh, tooLong] {
            #expect(throws: DecodingError.self, "\(text.prefix(20))") {
                try JSONDecoder().decode(HyperLogLog.self, from: Data("\"\(text)\"".utf8))
            }
        }
    }

    @Test func noMoreAreAffectedThanThereAre() {
        var audience = Audience()
        for value in 0..<5000 { audience.record(hash: hash("user \(value)"), isError: true) }
        #expect(audience.affected <= audience.all)
        var few = Audience()
        for value in 0..<50 { few.record(hash: hash("user \(value)"), isError: value % 5 == 0) }
        #expect(few.all == 50)
        #expect(few.affected == 10)
    }
}
