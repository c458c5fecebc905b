// Questions to name servers and their answers, as bytes (RFC 1035 §4). What comes back is from
// outside: every length is checked, and names that point at names end.

import Glibc
import WatchCore

struct DNSQuestion: Hashable, Sendable {
    let id: UInt16
    let name: String
    let type: DNSCheck.RecordType

    /// One question, recursion desired, 512 bytes of answer at most (a longer one comes by TCP).
    var bytes: [UInt8] {
        var bytes = word(id) + word(0x0100) + word(1) + word(0) + word(0) + word(0)
        for label in name.split(separator: ".") {
            bytes.append(UInt8(label.utf8.count & 63))
            bytes += Array(label.utf8.prefix(63))
        }
        return bytes + [0] + word(type.number) + word(1)
    }

    private func word(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    /// Whether the bytes answer just this question; others may be forged.
    func isAnswered(by bytes: [UInt8]) -> Bool {
        var reader = DNSReader(bytes)
        guard reader.word() == id, let flags = reader.word(), flags & 0x8000 != 0,
            let questions = reader.word()
        else { return false }
        // A server that could not read the question need not repeat it.
        guard questions == 1 else { return questions == 0 && flags & 0xF != 0 }
        guard reader.skip(6), let asked = reader.name() else { return false }
        return DNSAnswer.same(asked, name) && reader.word() == type.number && reader.word() == 1
    }
}

struct DNSAnswer: Hashable, Sendable {
    /// More values of one name are no configuration but an attack.
    static let valueLimit = 1000

    var code: UInt8
    var isTruncated: Bool
    /// The records of the asked type, each as in a zone file.
    var values: [String] = []
    /// Names on the way (CNAME, RFC 1034 §3.6.2).
    var aliases: [String] = []

    /// nil: the bytes are no whole message.
    init?(_ bytes: [UInt8], to question: DNSQuestion) {
        var reader = DNSReader(bytes)
        guard reader.skip(2), let flags = reader.word(), let questions = reader.word(),
            let answers = reader.word(), reader.skip(4)
        else { return nil }
        code = UInt8(flags & 0xF)
        isTruncated = flags & 0x0200 != 0
        for _ in 0..<questions {
            guard reader.name() != nil, reader.skip(4) else { return nil }
        }
        for _ in 0..<answers {
            guard reader.name() != nil, let type = reader.word(), let kind = reader.word(),
                reader.skip(4), let length = reader.word(),
                let data = reader.record(type, Int(length))
            else {
                // What is cut off is not there; TCP brings it.
                if isTruncated { return }
                return nil
            }
            guard kind == 1 else { continue }
            if type == question.type.number {
                guard let data, values.count < Self.valueLimit else { return nil }
                values.append(data)
            } else if type == DNSCheck.RecordType.cname.number, let data,
                aliases.count < Self.valueLimit
            {
                aliases.append(data)
            }
        }
    }

    /// Names are the same in whatever case, with or without the last dot.
    static func same(_ a: String, _ b: String) -> Bool { plain(a) == plain(b) }

    static func plain(_ name: String) -> String {
        let text = name.lowercased()
        return text.count > 1 && text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}
