import Testing
import WatchCore

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("512", 512.0), ("1KiB", 1024), ("1.5 GiB", 1_610_612_736), ("10MB", 10_000_000),
        ("2 kB", 2000), ("7B", 7), ("1TiB", 1_099_511_627_776), ("0", 0),
    ])
    func sizesAreRead(text: String, bytes: Double) {
        #expect(ByteCount.bytes(text) == bytes)
    }

    @Test(arguments: ["", "B", "-1MB", "1e9", "1 XB", "1.2.3MB", "nan", "٣MB", "1000000000000TB"])
    func whatIsNoSizeIsNone(text: String) {
        #expect(ByteCount.bytes(text) == nil)
    }

    @Test(arguments: [
        (0.0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
        (1_073_741_824, "1 GiB"), (5_000_000_000_000, "4.5 TiB"),
    ])
    func sizesAreShown(bytes: Double, text: String) {
        #expect(ByteCount.text(bytes) == text)
    }
}
