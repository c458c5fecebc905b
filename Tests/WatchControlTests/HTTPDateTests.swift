import Testing
import WatchCore

@testable import WatchControl

/// RFC 9110 §5.6.7 and §6.6.1.
@Suite struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
        (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
    ])
    func theFormIsFixed(seconds: Int64, expected: String) {
        #expect(HTTPDate.text(WallTime(nanoseconds: seconds * 1_000_000_000 + 1)) == expected)
    }
}
