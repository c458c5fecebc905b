// Requests as the configuration would give them, in few words.

import Synchronization
import WatchCore

@testable import WatchActions

extension HTTPRequestSpec {
    static func get(_ url: String, headers: [String: String] = [:]) -> HTTPRequestSpec {
        HTTPRequestSpec(url: template(url), headers: fields(headers))
    }

    static func post(
        _ url: String, body: String? = nil, headers: [String: String] = [:]
    ) -> HTTPRequestSpec {
        HTTPRequestSpec(
            method: "POST", url: template(url), headers: fields(headers),
            body: body.map(template))
    }

    private static func fields(_ headers: [String: String]) -> [Header] {
        headers.sorted { $0.key < $1.key }.map { Header(name: $0.key, value: template($0.value)) }
    }

    private static func template(_ text: String) -> Template {
        (try? Template(text)) ?? Template(literal: text)
    }
}

extension HTTPExpectation {
    /// `{"s": …}`
    static func state(_ text: String) -> HTTPExpectation {
        let path = try? JSONPath("$.s")
        return HTTPExpectation(
            json: [path].compactMap { $0 }.map {
                JSONField(path: $0, comparison: .equals(.string(text)))
            })
    }
}

extension JourneyCheck.Saved {
    static func json(_ name: String, _ path: String) -> JourneyCheck.Saved {
        JourneyCheck.Saved(
            name: name, source: (try? JSONPath(path)).map { .json($0) } ?? .pattern("no path"))
    }
}

extension Bench {
    func http(
        _ call: HTTPCall, id: String = "t1", timeout: Duration = .minutes(5),
        variables: [String: String] = ["to.version": "1.9.0"]
    ) -> StepTask {
        StepTask(
            id: id, service: "shop", rollback: "shop-1-r1", title: "step", action: .http(call),
            variables: variables, timeout: timeout)
    }
}

final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    /// 0, 1, 2, …
    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}
