// Reads a DNS message piece by piece; nil where there is none.

import Glibc
import WatchCore

struct DNSReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func skip(_ count: Int) -> Bool {
        guard at + count <= bytes.count else { return false }
        at += count
        return true
    }

    mutating func byte() -> UInt8? {
        guard at < bytes.count else { return nil }
        defer { at += 1 }
        return bytes[at]
    }

    mutating func word() -> UInt16? {
        guard let high = byte(), let low = byte() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    private mutating func long() -> UInt32? {
        guard let high = word(), let low = word() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// Pointers only go back (RFC 1035 §4.1.4), so that each is followed once.
    mutating func name() -> String? {
        var labels: [String] = []
        var place = at
        var end: Int?
        var length = 0
        while true {
            guard place < bytes.count else { return nil }
            let size = Int(bytes[place])
            switch size & 0xC0 {
            case 0xC0:
                guard place + 1 < bytes.count else { return nil }
                let target = (size & 0x3F) << 8 | Int(bytes[place + 1])
                guard target < place else { return nil }
                if end == nil { end = place + 2 }
                place = target
            case 0:
                guard size > 0 else {
                    at = end ?? place + 1
                    return labels.isEmpty ? "." : labels.joined(separator: ".")
                }
                length += size + 1
                guard place + 1 + size <= bytes.count, length <= 255 else { return nil }
                labels.append(
                    String(decoding: bytes[(place + 1)...(place + size)], as: UTF8.self))
                place += 1 + size
            default: return nil
            }
        }
    }

    /// The data of a record as text. The outer nil: the message ends before it does; the inner:
    /// it is of a type that is not read here, or broken.
    mutating func record(_ type: UInt16, _ length: Int) -> String?? {
        let start = at
        guard skip(length) else { return nil }
        let end = at
        at = start
        let text = DNSCheck.RecordType.allCases.first { $0.number == type }
            .flatMap { data($0, end) }
        let isWhole = at <= end
        at = end
        return .some(isWhole ? text : nil)
    }

    private mutating func data(_ type: DNSCheck.RecordType, _ end: Int) -> String? {
        switch type {
        case .a: return address(AF_INET, 4, end)
        case .aaaa: return address(AF_INET6, 16, end)
        case .cname, .ns, .ptr: return name()
        case .mx:
            guard let preference = word(), let host = name() else { return nil }
            return "\(preference) \(host)"
        case .srv:
            guard let priority = word(), let weight = word(), let port = word(), let host = name()
            else { return nil }
            return "\(priority) \(weight) \(port) \(host)"
        case .soa:
            guard let primary = name(), let mail = name() else { return nil }
            let numbers = (0..<5).compactMap { _ in long() }
            guard numbers.count == 5 else { return nil }
            return ([primary, mail] + numbers.map(String.init)).joined(separator: " ")
        case .txt:
            var text: [UInt8] = []
            while at < end {
                guard let piece = string(end) else { return nil }
                text += piece
            }
            return String(decoding: text, as: UTF8.self)
        case .caa:
            guard let flags = byte(), let tag = string(end), at <= end else { return nil }
            let value = String(decoding: bytes[at..<end], as: UTF8.self)
            at = end
            return "\(flags) \(String(decoding: tag, as: UTF8.self)) \"\(value)\""
        }
    }

    private mutating func string(_ end: Int) -> [UInt8]? {
        guard let size = byte(), at + Int(size) <= end else { return nil }
        defer { at += Int(size) }
        return Array(bytes[at..<(at + Int(size))])
    }

    private mutating func address(_ family: Int32, _ size: Int, _ end: Int) -> String? {
        guard end - at == size else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let text = bytes[at..<end].withUnsafeBytes {
            inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) != nil
        }
        at = end
        guard text else { return nil }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
