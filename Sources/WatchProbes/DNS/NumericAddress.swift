// An address and a port for the kernel, where no name is to be looked up.

import Glibc
import WatchCore

struct NumericAddress {
    private enum Kind {
        case four(sockaddr_in)
        case six(sockaddr_in6)
    }

    private let kind: Kind

    /// nil: the host is no address.
    init?(_ endpoint: Endpoint) {
        let port = UInt16(truncatingIfNeeded: endpoint.port).bigEndian
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if inet_pton(AF_INET, endpoint.host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port
            kind = .four(four)
        } else if inet_pton(AF_INET6, endpoint.host, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port
            kind = .six(six)
        } else {
            return nil
        }
    }

    var family: Int32 {
        switch kind {
        case .four: AF_INET
        case .six: AF_INET6
        }
    }

    func withSocketAddress(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        func call<Address>(_ address: Address) -> Int32 {
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        return switch kind {
        case .four(let address): call(address)
        case .six(let address): call(address)
        }
    }
}
