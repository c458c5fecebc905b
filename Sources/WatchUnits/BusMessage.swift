// One call and its reply, as far as this daemon speaks D-Bus: strings out, a few types in.

import CSystemd
import Glibc

/// A method call with string arguments, until its reply came. Confined to the bus thread.
final class BusCall {
    let path: String
    let interface: String
    let member: String
    let arguments: [String]
    var handler: ((Result<BusMessage, UnitBusError>) -> Void)?
    var done: ((BusCall) -> Void)?

    init(
        _ interface: String, _ member: String, _ arguments: [String],
        path: String = BusLoop.manager
    ) {
        self.interface = interface
        self.member = member
        self.arguments = arguments
        self.path = path
    }

    /// Answers once; later answers are ignored.
    func finish(_ reply: Result<BusMessage, UnitBusError>) {
        let handler = handler
        self.handler = nil
        handler?(reply)
        done?(self)
        done = nil
    }
}

/// A message that is being read; valid during the callback it was handed to.
struct BusMessage {
    private let message: OpaquePointer

    init(_ message: OpaquePointer) { self.message = message }

    /// The error it is, if it is one.
    var error: UnitBusError? {
        guard let error = sd_bus_message_get_error(message)?.pointee, let name = error.name
        else { return nil }
        let text = error.message.map { String(cString: $0) } ?? String(cString: name)
        switch String(cString: name) {
        case "org.freedesktop.DBus.Error.AccessDenied",
            "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
            "org.freedesktop.DBus.Error.AuthFailed":
            return .accessDenied(text)
        case "org.freedesktop.systemd1.NoSuchUnit": return .noSuchUnit(text)
        case "org.freedesktop.DBus.Error.ServiceUnknown",
            "org.freedesktop.DBus.Error.NameHasNoOwner",
            "org.freedesktop.DBus.Error.Spawn.ChildExited":
            return .unreachable(text)
        case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout",
            "org.freedesktop.DBus.Error.Disconnected", "System.Error.ETIMEDOUT",
            "System.Error.ECONNRESET":
            return .lost(text)
        default: return .refused(text)
        }
    }

    /// The next value, a string (`s`) or an object path (`o`).
    func string(_ type: Character) -> String? {
        var text: UnsafePointer<CChar>?
        guard let code = type.asciiValue,
            sd_bus_message_read_basic(message, CChar(code), &text) > 0
        else { return nil }
        return text.map { String(cString: $0) }
    }

    func skip(_ types: String) {
        sd_bus_message_skip(message, types)
    }

    /// The answer of `Properties.GetAll` of a unit: `a{sv}`.
    func unitStatus() -> UnitStatus {
        var status = UnitStatus(loadState: "", activeState: "")
        guard enter("a", "{sv}") else { return status }
        while enter("e", "sv") {
            let name = string("s") ?? ""
            switch name {
            case "LoadState": status.loadState = variant("s") ?? ""
            case "ActiveState": status.activeState = variant("s") ?? ""
            case "SubState": status.subState = variant("s") ?? ""
            case "Result": status.result = variant("s") ?? ""
            case "NRestarts": status.restarts = unsigned32().map { Int($0) }
            case "MemoryCurrent": status.memory = accounted()
            case "CPUUsageNSec": status.cpuNanoseconds = accounted()
            case "ExecMainCode": status.mainCode = number() ?? 0
            case "ExecMainStatus": status.mainStatus = number() ?? 0
            case "InvocationID": status.invocationID = identifier() ?? ""
            case "Job": status.hasJob = (job() ?? 0) != 0
            case "ExecStart": status.program = program()
            default: sd_bus_message_skip(message, "v")
            }
            sd_bus_message_exit_container(message)
        }
        return status
    }

    private func enter(_ type: Character, _ contents: String) -> Bool {
        guard let code = type.asciiValue else { return false }
        return sd_bus_message_enter_container(message, CChar(code), contents) > 0
    }

    private func variant(_ type: Character) -> String? {
        guard enter("v", String(type)) else { return nil }
        defer { sd_bus_message_exit_container(message) }
        return string(type)
    }

    private func number() -> Int? {
        guard enter("v", "i") else { return nil }
        defer { sd_bus_message_exit_container(message) }
        var value: Int32 = 0
        return sd_bus_message_read_basic(message, 105, &value) > 0 ? Int(value) : nil
    }

    private func unsigned32() -> UInt32? {
        guard enter("v", "u") else { return nil }
        defer { sd_bus_message_exit_container(message) }
        var value: UInt32 = 0
        return sd_bus_message_read_basic(message, 117, &value) > 0 ? value : nil
    }

    /// A figure of the control group; the largest number stands for none.
    private func accounted() -> UInt64? {
        guard enter("v", "t") else { return nil }
        defer { sd_bus_message_exit_container(message) }
        var value = UInt64.max
        guard sd_bus_message_read_basic(message, 116, &value) > 0, value != .max else { return nil }
        return value
    }

    /// 16 bytes as hexadecimal digits; none when the unit never ran.
    private func identifier() -> String? {
        guard enter("v", "ay") else { return nil }
        defer { sd_bus_message_exit_container(message) }
        var bytes: UnsafeRawPointer?
        var size = 0
        guard sd_bus_message_read_array(message, 121, &bytes, &size) >= 0, let bytes else {
            return nil
        }
        return UnsafeRawBufferPointer(start: bytes, count: size)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The path of the first of its commands; what else is known of them is left.
    private func program() -> String? {
        let command = "sasbttttuii"
        guard enter("v", "a(\(command))") else { return nil }
        defer { sd_bus_message_exit_container(message) }
        guard enter("a", "(\(command))") else { return nil }
        defer { sd_bus_message_exit_container(message) }
        var path: String?
        while enter("r", command) {
            let own = string("s")
            path = path ?? own
            skip(String(command.dropFirst()))
            sd_bus_message_exit_container(message)
        }
        return path
    }

    /// The number of the queued job; 0: none.
    private func job() -> UInt32? {
        guard enter("v", "(uo)"), enter("r", "uo") else { return nil }
        defer {
            sd_bus_message_exit_container(message)
            sd_bus_message_exit_container(message)
        }
        var value: UInt32 = 0
        let read = sd_bus_message_read_basic(message, 117, &value) > 0
        skip("o")
        return read ? value : nil
    }
}
