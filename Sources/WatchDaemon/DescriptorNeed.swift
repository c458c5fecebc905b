// Whether this process may have as many sockets as its configuration can want at once. Found out at
// the start: later it would be found out when everything hangs, and then nothing can be asked.

import WatchCore

struct DescriptorNeed {
    /// The store, the socket and its guests, channels, steps.
    static let own = 512

    let count: Int

    init(_ configuration: Configuration) {
        var count = Self.own
        for service in configuration.services {
            count += service.version.count + 2 * service.streams.count
            for probe in service.probes {
                switch probe.kind {
                // Pipes of a program that runs.
                case .exec: count += 4
                case .unit, .step: break
                // A socket that is asked over or kept, and a re-check beside it.
                case .http, .tcp, .tls, .dns, .grpc, .journey, .prometheus: count += 2
                }
            }
        }
        self.count = count
    }

    /// Nil: there are enough.
    func complaint(limit: Int) -> String? {
        guard count > limit else { return nil }
        return "this configuration can need \(count) files and sockets at once, and this process "
            + "may have \(limit): probes that find none are errors and make their signals blind; "
            + "raise LimitNOFILE= with: systemctl edit watchd"
    }
}
