// Apart from the other tests, because Foundation has an `Expression` too.

import FoundationEssentials
import Testing
import WatchCore

@Suite struct ExpressionCodableTests {
    @Test func itIsStoredAsItsSource() throws {
        let expression = try WatchCore.Expression("error_rate(a,  2m) > 25%")
        let data = try JSONEncoder().encode([expression])
        #expect(String(decoding: data, as: UTF8.self) == #"["error_rate(a,  2m) > 25%"]"#)
        #expect(try JSONDecoder().decode([WatchCore.Expression].self, from: data) == [expression])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([WatchCore.Expression].self, from: Data(#"["1 + 1"]"#.utf8))
        }
    }
}
