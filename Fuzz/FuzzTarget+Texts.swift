// The small languages: durations, times, paths, templates, identifiers. What they write down again
// they must read.

import WatchCore

extension FuzzTarget {
    static func texts(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let duration = Duration(text: text) {
            precondition(Duration(text: duration.text) != nil, "a duration does not read itself")
        }
        if let time = WallTime(text: text) {
            precondition(WallTime(text: time.text)?.text == time.text, "a time differs")
        }
        if let path = try? JSONPath(text) {
            precondition((try? JSONPath("\(path)")) == path, "a path reads differently")
            _ = JSONValue.object(["a": .array([.null, .number(1)])])[path]
        }
        if let template = try? Template(text) {
            precondition((try? Template(template.source)) == template, "a template differs")
        }
        let shown = printable(text, limit: 40)
        precondition(shown.unicodeScalars.count <= 41, "longer than its limit")
        precondition(!shown.utf8.contains(27), "an escape for the terminal")
        if Identifier.isValid(text) {
            precondition((1...128).contains(text.utf8.count), "an identifier of no length")
            precondition(text.first != "-" && !text.contains("/"), "an identifier that is none")
        }
    }
}
