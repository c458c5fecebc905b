// The only place that writes to the terminal. Whatever comes here has been made printable, or is
// JSON, which is made so here.

import Glibc
import WatchCore

enum Environment {
    /// Nil also when it is empty, as no-color.org wants it.
    static subscript(_ name: String) -> String? {
        guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else {
            return nil
        }
        return value
    }
}

struct Output: Sendable {
    var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal; 100 when there is none.
    var width: Int {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return 100 }
        return max(40, Int(size.ws_col))
    }

    /// Text that is whole and printable already.
    func raw(_ text: String) { write(text, to: STDOUT_FILENO) }

    func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    func lines(_ lines: [Line], _ theme: Theme) {
        guard !lines.isEmpty else { return }
        write(lines.map { $0.text(theme) + "\n" }.joined(), to: STDOUT_FILENO)
    }

    /// JSON as the daemon sent it. Within strings it may hold characters that a terminal obeys
    /// (C1 controls, direction marks); as escapes they mean the same and do nothing.
    func json(_ body: [UInt8]) {
        var text = ""
        for scalar in String(decoding: body, as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar.value >= 0x7F, .format:
                text += Self.escape(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        line(text)
    }

    /// What is overwritten soon, on the terminal of whoever waits.
    func status(_ text: String) { write(text, to: STDERR_FILENO) }

    func problem(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        Character(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    private func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // Nobody reads any more: there is nobody to tell either.
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
