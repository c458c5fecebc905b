// Where libFuzzer comes in. One program holds all targets, so that one build serves them; the
// environment names the one that is run. There is no `main`: the run-time library brings it.

import Glibc

/// What bytes from outside are fed to.
enum FuzzTarget: String, CaseIterable {
    case configuration, drain, expression, lines, replay, syslog, texts

    static let chosen: FuzzTarget = {
        let name = getenv("WATCHD_FUZZ").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            preconditionFailure("WATCHD_FUZZ must be one of \(known)")
        }
        return target
    }()

    func run(_ bytes: [UInt8]) {
        switch self {
        case .configuration: Self.configuration(bytes)
        case .drain: Self.drain(bytes)
        case .expression: Self.expression(bytes)
        case .lines: Self.lines(bytes)
        case .replay: Self.replay(bytes)
        case .syslog: Self.syslog(bytes)
        case .texts: Self.texts(bytes)
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
