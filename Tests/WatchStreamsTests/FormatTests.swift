import Testing
import WatchStreams

@Suite struct FormatTests {
    @Test func aFormatWithoutStatusIsRefused() {
        #expect(throws: LogFormatError.self) { try LogFormat("$remote_addr $request_time") }
    }
}
