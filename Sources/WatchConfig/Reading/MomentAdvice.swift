// What a moment that was refused lacks: people write the time of their wall clock, and which one
// that is nobody else can know.

import WatchCore

struct MomentAdvice {
    var message: String
    var remedy: String

    /// nil: it does not even look like a moment.
    init?(_ text: String) {
        guard text.utf8.count <= 40 else { return nil }
        let shown = printable(text, limit: 40)
        func isMoment(_ text: String) -> Bool { WallTime(text: text) != nil }
        for (rest, lack) in [
            ("", "no offset from UTC"), (":00", "no offset from UTC"),
            ("T00:00:00", "no time and no offset from UTC"),
        ] where isMoment(text + rest + "Z") {
            message = "'\(shown)' has \(lack), so it is another moment in each time zone"
            remedy =
                "write \(shown)\(rest)Z if that is UTC, or its offset as in "
                + "\(shown)\(rest)+02:00"
            return
        }
        let (time, offset) = Self.split(text)
        for mended in [time + offset, time + ":00" + offset] where isMoment(mended) {
            message = "'\(shown)' is not quite a moment"
            remedy = "write \(mended), with seconds and an offset such as Z or +02:00"
            return
        }
        return nil
    }

    /// Time and offset apart, the latter with its colon.
    private static func split(_ text: String) -> (time: String, offset: String) {
        if let last = text.last, "zZ".contains(last) { return (String(text.dropLast()), "Z") }
        guard let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) else {
            return (text, "")
        }
        var digits = text[sign...].filter { $0 != ":" }
        if digits.count == 3 { digits += "00" }
        guard digits.count == 5 else { return (text, "") }
        return (String(text[..<sign]), digits.prefix(3) + ":" + digits.suffix(2))
    }
}
