// `error:` of a stream: which lines are errors.

import FoundationEssentials
import Testing
import WatchCore

@Suite struct LineConditionTests {
    @Test(arguments: [
        ("status >= 500", 500, "", true), ("status >= 500", 499, "", false),
        ("status >= 400 or level == error", 200, "ERROR", true),
        ("status >= 400 or level == error", 404, "info", true),
        ("status >= 400 or level == error", 200, "fatal", false),
        ("level >= error", -1, "fatal", true), ("level >= err", -1, "warn", false),
        ("not (status < 500) and status != 503", 503, "", false),
        ("not (status < 500) and status != 503", 502, "", true),
        ("status == 499 or (level > info and level <= warning)", 200, "notice", true),
        ("status >= 500 or not level < error and status > 100", 200, "crit", true),
    ])
    func itHolds(text: String, status: Int, level: String, expected: Bool) throws {
        let condition = try LineCondition(text)
        let level = LogLevel(text: level.utf8)
        #expect(
            condition.holds(status: status < 0 ? nil : status, level: level) == expected)
    }

    @Test func aMissingValueIsUnknown() throws {
        #expect(try LineCondition("status >= 500").holds(status: nil, level: .error) == nil)
        #expect(try LineCondition("not status >= 500").holds(status: nil, level: nil) == nil)
        let either = try LineCondition("status >= 500 or level == error")
        #expect(either.holds(status: nil, level: .error) == true)
        #expect(either.holds(status: 200, level: nil) == nil)
        let both = try LineCondition("status >= 500 and level == error")
        #expect(both.holds(status: 200, level: nil) == false)
    }

    @Test(arguments: [
        ("", 0, "the condition is empty"), ("status", 6, "the condition ends"),
        ("status >= 500 or", 16, "the condition ends"), ("status > 5xx", 9, "'5xx' is no status"),
        ("stauts >= 500", 0, "'stauts' cannot be asked"), ("status >= 1000", 10, "no status"),
        ("level == eror2", 9, "no level 'eror2'"), ("level == 5", 9, "'5' stands where a level"),
        ("status >= error", 10, "'error' stands where a status"), ("500 <= status", 0, "'500'"),
        ("status => 500", 7, "'=' means nothing"), ("status >= 500)", 13, "')' stands"),
        ("(status >= 500", 14, "the condition ends where ')'"), ("status + 1 > 2", 7, "'+' stands"),
        ("status >= 50%", 10, "'50%' is no status"),
        ("error_rate(a, 2m) > 1", 0, "cannot be asked"),
    ])
    func aMistakeHasAPlaceAndARemedy(text: String, offset: Int, message: String) {
        let error = #expect(throws: ExpressionError.self) { try LineCondition(text) }
        #expect(error?.offset == offset, "\(String(describing: error))")
        #expect(error?.message.contains(message) ?? false, "\(String(describing: error))")
        #expect(error?.remedy != nil)
    }

    @Test func deepOnesAreRefused() {
        let deep = String(repeating: "(", count: 100) + "status > 1"
        #expect(throws: ExpressionError.self) { try LineCondition(deep) }
        let long = String(repeating: "status > 1 or ", count: 200) + "status > 1"
        #expect(throws: ExpressionError.self) { try LineCondition(long) }
    }

    @Test func itIsStoredAsItWasWritten() throws {
        let condition = try LineCondition("status >= 400  or level == error")
        let data = try JSONEncoder().encode([condition])
        #expect(String(decoding: data, as: UTF8.self) == #"["status >= 400  or level == error"]"#)
        #expect(try JSONDecoder().decode([LineCondition].self, from: data) == [condition])
    }
}

@Suite struct LogLevelTests {
    @Test func eachNameIsReadInAnyCaseAndNamesOneLevel() {
        for (level, names) in LogLevel.aliases {
            for name in names {
                #expect(LogLevel(text: name.utf8) == level)
                #expect(LogLevel(text: name.uppercased().utf8) == level)
            }
        }
        let all = LogLevel.aliases.values.flatMap { $0 }
        #expect(Set(all).count == all.count)
        #expect(Set(LogLevel.aliases.keys) == Set(LogLevel.allCases))
        for level in LogLevel.allCases { #expect(LogLevel(text: level.name.utf8) == level) }
    }

    @Test(arguments: ["", "x", "errors", "8", "70", "informationalx", "err or", "\0error"])
    func otherWordsAreNone(text: String) { #expect(LogLevel(text: text.utf8) == nil) }

    @Test func theyAreOrdered() {
        #expect(LogLevel.trace < .debug && LogLevel.error < .critical && .alert < .emergency)
    }
}
