// What one run of a journey carries from step to step. It lives as long as the run: nobody is
// signed in by what an earlier run left behind.

import FoundationEssentials
import WatchCore
import WatchHTTP

struct Visit: Sendable {
    /// By the names of `save:`.
    private(set) var values: [String: String] = [:]
    /// The jar; nil: this is no journey.
    private(set) var cookies: [String]?
    /// What must be shown to nobody, as it is and as it is sent.
    private(set) var secrets: [String] = []

    /// A probe of one request.
    static let none = Visit()

    static func begun() -> Visit {
        var visit = Visit()
        visit.cookies = []
        return visit
    }

    private init() {}

    var redactor: Redactor { Redactor(secrets) }

    /// What others may give back while the journey is under way, and after it: in logs, in bodies.
    var carried: [String] {
        let long = values.values.filter { $0.utf8.count >= Self.shortest }
        return Array((long.flatMap(Self.disguises) + jar).prefix(Self.carriedLimit))
    }

    /// What is shorter (`42`, `true`, `en`) says little, and is common in other texts.
    private static let shortest = 8

    /// More is no customer's visit.
    private static let carriedLimit = 64
    private static let jarLimit = 100

    private var jar: [String] {
        (cookies ?? []).map { Cookie($0).value }.filter { $0.utf8.count >= Self.shortest }
    }

    /// What was read to make the request.
    mutating func hide(_ values: [String]) {
        for value in values where !secrets.contains(value) { secrets.append(value) }
    }

    mutating func keep(cookies lines: [String]?) {
        guard cookies != nil, let lines else { return }
        cookies = Array(lines.prefix(Self.jarLimit))
        hide(jar.flatMap { [$0, Insertion.percentEncoded($0)] })
    }

    mutating func save(_ value: String, as name: String) {
        values[name] = value
        hide(Self.disguises(of: value))
    }

    /// A value as the requests and answers of a journey may hold it.
    private static func disguises(of value: String) -> [String] {
        let inJSON = Insertion.escapedForJSON(value)
        return [
            value, FormBody.encoded(value), Insertion.percentEncoded(value), inJSON,
            inJSON.replacing("/", with: "\\/"), Data(value.utf8).base64EncodedString(),
        ]
    }
}

/// One line of a jar.
struct Cookie {
    var name = ""
    var value = ""

    /// domain, subdomains too, path, only over TLS, end, name, value
    init(_ line: String) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 7 else { return }
        name = String(fields[5])
        value = String(fields[6])
    }
}
