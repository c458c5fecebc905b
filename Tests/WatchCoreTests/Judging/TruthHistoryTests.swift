// `for`: true in at least 90 % of the whole seconds of the last so long.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct TruthHistoryTests {
    @Test func itIsSustainedWhenNineOfTenSecondsWereTrue() {
        var history = TruthHistory(span: .seconds(20))
        for second in 1...17 { history.note(true, second: Int64(second)) }
        #expect(!history.isSustained)
        history.note(true, second: 18)
        #expect(history.isSustained)
    }

    @Test func oneGoodSampleDoesNotResetIt() {
        var history = TruthHistory(span: .seconds(20))
        for second in 1...100 { history.note(second % 10 != 0, second: Int64(second)) }
        #expect(history.trueSeconds == 18)
        #expect(history.isSustained)
        history.note(false, second: 101)
        #expect(!history.isSustained)
    }

    @Test func secondsThatNobodyJudgedAreNotTrue() {
        var history = TruthHistory(span: .seconds(10))
        for second in 1...10 { history.note(true, second: Int64(second)) }
        history.note(true, second: 13)
        #expect(history.trueSeconds == 8)
        history.note(true, second: 1_000_000)
        #expect(history.trueSeconds == 1)
    }

    @Test func theFirstJudgementOfASecondIsThatSeconds() {
        var history = TruthHistory(span: .seconds(10))
        history.note(true, second: 5)
        history.note(false, second: 5)
        history.note(true, second: 4)
        #expect(history.trueSeconds == 1)
        history.note(false, second: 6)
        history.note(true, second: 6)
        #expect(history.trueSeconds == 1)
    }

    @Test func aSpanWithoutWholeSecondsIsRoundedUp() {
        #expect(TruthHistory(span: .milliseconds(1)).length == 1)
        #expect(TruthHistory(span: .milliseconds(1500)).length == 2)
        #expect(TruthHistory(span: .days(30)).length == 259_200)
    }

    /// Against a recount, over random histories with gaps, before and after zero.
    @Test func itCountsAsARecountDoes() {
        var random = SplitMix64(seed: 5)
        for length in [1, 2, 63, 64, 65, 200] {
            var history = TruthHistory(span: .seconds(length))
            var truths: [Int64: Bool] = [:]
            var second: Int64 = -300
            for _ in 0..<600 {
                second += Int64.random(
                    in: 0...(Bool.random(using: &random) ? 1 : 90), using: &random)
                let truth = Double.random(in: 0...1, using: &random) < 0.9
                if truths[second] == nil { truths[second] = truth }
                history.note(truth, second: second)
                let counted = (second - Int64(length) + 1...second).count { truths[$0] ?? false }
                #expect(history.trueSeconds == counted)
                #expect(history.isSustained == (counted * 10 >= length * 9))
            }
        }
    }

    @Test func anotherLengthKeepsTheSecondsItReaches() {
        var history = TruthHistory(span: .seconds(100))
        for second in 1...100 { history.note(second > 50, second: Int64(second)) }
        #expect(history.resized(to: .seconds(50)).isSustained)
        #expect(history.resized(to: .seconds(60)).trueSeconds == 50)
        #expect(history.resized(to: .seconds(1000)).trueSeconds == 50)
        #expect(TruthHistory(span: .seconds(9)).resized(to: .seconds(5)).trueSeconds == 0)
    }

    @Test func itSurvivesInACheckpoint() throws {
        var history = TruthHistory(span: .seconds(200))
        for second in 1...150 { history.note(second % 3 != 0, second: Int64(second)) }
        let data = try JSONEncoder().encode(history)
        var read = try JSONDecoder().decode(TruthHistory.self, from: data)
        #expect(read == history)
        read.note(true, second: 151)
        history.note(true, second: 151)
        #expect(read == history)
    }

    @Test func theLongestIsBounded() throws {
        var history = TruthHistory(span: .days(3))
        for second in 0..<300_000 { history.note(second % 2 == 0, second: Int64(second)) }
        #expect(try JSONEncoder().encode(history).count < 100_000)
        #expect(MemoryLayout<UInt64>.size * (history.length + 63) / 64 <= 33_000)
    }

    @Test(arguments: [
        #"{"length":0,"words":[],"last":1}"#, #"{"length":64,"words":[],"last":1}"#,
        #"{"length":10,"words":[18446744073709551615],"last":1}"#,
        #"{"length":10,"words":[1],"last":9223372036854775807}"#,
        #"{"length":999999999,"words":[1],"last":1}"#,
    ])
    func damageIsRefused(json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(TruthHistory.self, from: Data(json.utf8))
        }
    }
}
