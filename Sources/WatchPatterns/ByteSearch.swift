// Finds a short text in a line by the one of its bytes that logs have least of.

import Glibc

struct ByteSearch: Sendable {
    private let text: [UInt8]
    /// Where in the text the rarest byte is.
    private let rarest: Int

    /// `text` is not empty.
    init(_ text: [UInt8]) {
        self.text = text
        rarest = text.indices.min { Self.commonness(text[$0]) < Self.commonness(text[$1]) } ?? 0
    }

    func isIn(_ line: UnsafeRawBufferPointer) -> Bool {
        text.withUnsafeBytes { Needle(text: $0, rarest: rarest).isIn(line) }
    }

    /// The same in memory that the caller frees.
    func copy() -> Needle {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        bytes.copyBytes(from: text)
        return Needle(text: UnsafeRawBufferPointer(bytes), rarest: rarest)
    }

    /// What is searched, without a reference that would be counted for each line.
    struct Needle {
        let text: UnsafeRawBufferPointer
        let rarest: Int

        @inline(__always)
        func isIn(_ line: UnsafeRawBufferPointer) -> Bool {
            guard let base = line.baseAddress, line.count >= text.count else { return false }
            guard let wanted = text.baseAddress else { return true }
            let byte = Int32(text[rarest])
            var at = rarest
            let end = line.count - text.count + rarest + 1
            while at < end, let hit = memchr(base + at, byte, end - at) {
                at = UnsafeRawPointer(hit) - base
                if memcmp(base + at - rarest, wanted, text.count) == 0 { return true }
                at += 1
            }
            return false
        }
    }

    /// A guess at how often lines have it: 0 hardly ever. Only speed depends on it.
    private static func commonness(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            5
        case UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "e"),
            UInt8(ascii: "t"), UInt8(ascii: "a"), UInt8(ascii: "o"), UInt8(ascii: "i"),
            UInt8(ascii: "n"), UInt8(ascii: "s"), UInt8(ascii: "r"):
            4
        case UInt8(ascii: "k"), UInt8(ascii: "v"), UInt8(ascii: "j"), UInt8(ascii: "q"),
            UInt8(ascii: "x"), UInt8(ascii: "z"):
            2
        case UInt8(ascii: "a")...UInt8(ascii: "z"): 3
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ";"), UInt8(ascii: "_"):
            1
        default: 0
        }
    }
}
