// Dates of HTTP headers: IMF-fixdate of RFC 9110, 5.6.7 (`Sun, 06 Nov 1994 08:49:37 GMT`). The
// two obsolete forms are not read; nobody sends them.

import WatchCore

enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func parse(_ text: String) -> WallTime? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]),
            (1...31).contains(day), let month = months.firstIndex(of: String(words[2])),
            let year = Int(words[3]), (1970...9999).contains(year)
        else { return nil }
        let time = words[4].split(separator: ":").map { Int($0) }
        guard time.count == 3, let hour = time[0], let minute = time[1], let second = time[2],
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = WallTime.days(year: year, month: month + 1, day: day)
        return .seconds(Double(days * 86400 + hour * 3600 + minute * 60 + second))
    }
}
