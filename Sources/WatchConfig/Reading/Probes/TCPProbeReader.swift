// A tcp probe: where to connect, what to say, what to hear.

import WatchCore

struct TCPProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let endpoint = section.endpoint("tcp")
        let send = section.template("send")
        let maxBytes = section.integer("max_bytes", TCPCheck.standardLimit)
        let expect = section.value("expect").flatMap {
            Section($0, .tcpExpectation, problems)
        }
        if let place = section.keyPlace("max_bytes"), !section.has("expect") {
            problems.error(
                place, "'max_bytes' bounds what is listened to, and nothing is",
                "add expect: { contains: TEXT }, or remove it")
        }
        expect?.checkExpectedTexts(.none)
        guard let endpoint else { return nil }
        return .tcp(
            TCPCheck(
                endpoint: endpoint, send: send, contains: expect?.text("contains"),
                matches: expect?.pattern("matches"), maxBytes: maxBytes))
    }
}
