// Listening sockets for tests: loopback ports of the kernel's choice, Unix sockets, and a port on
// which nobody listens.

import Foundation
import Glibc
import Synchronization

func listenLoopback() -> (descriptor: Int32, address: String)? {
    guard let (descriptor, address) = bindLoopback() else { return nil }
    guard listen(descriptor, 4096) == 0 else {
        close(descriptor)
        return nil
    }
    return (descriptor, address)
}

func listenUnix(_ path: String) -> (descriptor: Int32, address: String)? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard bound(descriptor, &address), listen(descriptor, 128) == 0 else {
        close(descriptor)
        return nil
    }
    return (descriptor, "localhost")
}

/// A port that is taken but refuses connections, as long as this lives.
public final class RefusingPort: Sendable {
    private let descriptor: Int32
    public let address: String

    public init?() {
        guard let (descriptor, address) = bindLoopback() else { return nil }
        self.descriptor = descriptor
        self.address = address
    }

    deinit { close(descriptor) }

    public var url: String { "http://\(address)/" }
}

/// Why a server of a test has no port.
public struct NoPort: Error {}

/// A port of the loopback that nobody has, for a server that must be told one. It is outside the
/// range from which the kernel serves everybody who does not care, so it stays free until the
/// server takes it; and no other test of this process is given it.
///
/// - Throws: `NoPort` when 200 ports were all taken.
public func unusedPort() throws -> UInt16 {
    for _ in 0..<200 {
        let port = UInt16.random(in: 18_000..<lowestOfTheKernel)
        guard givenPorts.withLock({ $0.insert(port).inserted }) else { continue }
        let kinds = [SOCK_STREAM, SOCK_DGRAM]
        if kinds.allSatisfy({ isFree(port, kind: Int32($0.rawValue)) }) { return port }
    }
    throw NoPort()
}

private let givenPorts = Mutex<Set<UInt16>>([])

/// Where the kernel's own choices begin (ip(7), `ip_local_port_range`).
private let lowestOfTheKernel: UInt16 = {
    let range = "/proc/sys/net/ipv4/ip_local_port_range"
    let text = try? String(contentsOfFile: range, encoding: .utf8)
    let lowest = text?.split(whereSeparator: \.isWhitespace).first.flatMap { UInt16($0) }
    return max(lowest ?? 0, 19_000)
}()

private func isFree(_ port: UInt16, kind: Int32) -> Bool {
    let descriptor = socket(AF_INET, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    return bound(descriptor, &address)
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func bindLoopback() -> (descriptor: Int32, address: String)? {
    var address = loopback(0)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named =
        bound(descriptor, &address)
        && withUnsafeMutableBytes(of: &address) {
            guard let start = $0.baseAddress else { return false }
            return getsockname(
                descriptor, start.assumingMemoryBound(to: sockaddr.self), &length) == 0
        }
    guard named else {
        close(descriptor)
        return nil
    }
    return (descriptor, "127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
}

private func bound<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
    withUnsafeBytes(of: &address) {
        guard let start = $0.baseAddress else { return false }
        return bind(descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            == 0
    }
}
