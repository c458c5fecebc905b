// What the simulator's own books say where the engine may be of two minds.

import Testing
import WatchCore

@testable import WatchSimulator

@Suite struct BookTests {
    private func at(_ boot: Double, wall: Double) -> Moment {
        Moment(boot: .seconds(boot), wall: WallTime(nanoseconds: Int64(wall * 1e9)))
    }

    @Test func aDisarmingLastsNoLongerThanWantedWhereTheClockWasSetBack() {
        let disarmed = Rearming(at: at(220, wall: 10_120), lasts: .seconds(120))
        // Twenty seconds have gone by, and the host boots.
        #expect(disarmed.rebased(to: at(20, wall: 10_020)).at == at(120, wall: 10_120))
        // An hour was taken from the clock, too.
        let back = disarmed.rebased(to: at(20, wall: 6420))
        #expect(!back.isOver(at: at(139, wall: 6539)))
        #expect(back.isOver(at: at(140, wall: 6540)))
        // An hour was added.
        #expect(disarmed.rebased(to: at(20, wall: 13_620)).isOver(at: at(20, wall: 13_620)))
    }

    @Test func aSecondOfWhichNobodyIsSureMayCount() {
        var book = SustainedBook(span: .seconds(10))
        for second in 1...8 { book.note(true, second: Int64(second)) }
        book.note(nil, second: 9)
        #expect(!book.holds)
        #expect(book.mayHold)
        book.note(false, second: 10)
        book.note(false, second: 11)
        #expect(!book.mayHold)
    }

    @Test func anAnswerThatWasOvertakenTakesNoSightBack() {
        var book = BreachBook()
        book.began("t", at: .seconds(10))
        book.ended("t", at: .seconds(15))
        book.read("1.0", at: .seconds(20))
        // Asked for before the last one, it comes in after it.
        book.read("1.0", at: .seconds(12))
        book.read("2.0", at: .seconds(30))
        book.detected("2.0", announced: false, at: .seconds(30))
        #expect(book.predated?.is == false)
    }

    @Test func whatARollbackPutThereNeedNotBeReadToHaveRun() {
        var book = BreachBook()
        book.read("2.0", at: .seconds(10))
        book.began("t", at: .seconds(5))
        book.ended("t", at: .seconds(20))
        book.detected("1.0", announced: false, isPut: true, at: .seconds(20))
        book.read("3.0", at: .seconds(30))
        book.detected("3.0", announced: false, at: .seconds(30))
        #expect(book.predated?.is == false)
    }

    @Test func whatACrashTakesBackReplacedNothing() {
        var book = ReadBook()
        book.announced("8.0", at: at(10, wall: 10))
        _ = book.detected("8.0", running: "7.0", origin: "announced", isMixed: false)
        book.announced("9.0", at: at(90, wall: 90))
        _ = book.detected("9.0", running: "8.0", origin: "announced", isMixed: false)
        book.comeUp(known: "8.0")
        // No source has named it: it is suspect however long it has been announced.
        #expect(book.mayBeUnread("8.0", sources: 1))
    }

    @Test func aBookThatIsTakenOutLeavesAnEmptyOne() {
        var books = ServiceBooks()
        books["shop"] = ServiceBook()
        books["shop"]?.good.insert("1.0")
        let copy = books
        var taken = books.takeOut("shop")
        #expect(books[0]?.good == [])
        taken[0]?.change { $0.good.insert("2.0") }
        books.putBack(&taken, "shop")
        #expect(books["shop"]?.good == ["1.0", "2.0"])
        #expect(copy["shop"]?.good == ["1.0"])
        books.change("mail") { $0.good.insert("3.0") }
        #expect(books["mail"]?.good == ["3.0"])
    }
}
