// What a Prometheus server answers to an instant query, and why it may be no measurement.

import WatchCore

enum PrometheusAnswer {
    /// Its clock and ours may differ by so much; more is an old answer, or a wrong clock.
    static let clockLimit: Int64 = 60
    /// Series that are named when there are several.
    private static let namesShown = 3

    /// Why there is no number to judge.
    struct Problem: Error, Hashable {
        var text: String
    }

    /// The one number that a query is to give.
    /// - Parameter now: seconds since 1970.
    static func value(
        _ body: [UInt8], status: Int, now: Int64, _ redactor: Redactor
    ) throws(Problem) -> Double {
        guard case .object(let answer)? = JSONValue(body: body),
            case .string(let said)? = answer["status"]
        else {
            throw Problem(
                text: "HTTP status \(status), and the body is no answer of Prometheus "
                    + "(\(redactor.excerpt(body: body)))")
        }
        guard said == "success", status == 200 else {
            let kind = answer["errorType"]?.scalarText ?? "status \(status)"
            let why = answer["error"]?.scalarText ?? "it does not say why"
            throw Problem(text: "\(redactor.excerpt(kind)): \(redactor.excerpt(why))")
        }
        // A part of the data was not there: a store that is down, a query that was cut.
        if case .array(let warnings)? = answer["warnings"], let first = warnings.first {
            throw Problem(
                text: "the answer has a warning: \(redactor.excerpt(first.scalarText ?? ""))")
        }
        guard case .object(let data)? = answer["data"], let result = data["result"] else {
            throw Problem(text: "the answer has no data")
        }
        let sample = try sample(result, data["resultType"]?.scalarText ?? "", redactor)
        return try number(sample, now, redactor)
    }

    /// `[time, "value"]`.
    private static func sample(
        _ result: JSONValue, _ type: String, _ redactor: Redactor
    ) throws(Problem) -> JSONValue {
        switch (type, result) {
        case ("scalar", _): return result
        case ("vector", .array(let series)):
            guard series.count < 2 else {
                let names = series.prefix(namesShown).map { redactor.excerpt(name($0)) }
                let more = series.count > namesShown ? ", …" : ""
                throw Problem(
                    text: "the query gives \(series.count) series (\(names.joined(separator: ", "))"
                        + "\(more)), and one is judged; put sum() or max() around it")
            }
            guard case .object(let first)? = series.first, let value = first["value"] else {
                throw Problem(
                    text: "the query gives no series: nothing was scraped, or nothing has that "
                        + "name and these labels")
            }
            return value
        default:
            throw Problem(
                text: "the query gives a \(redactor.excerpt(type)), and a single number is judged")
        }
    }

    private static func number(
        _ sample: JSONValue, _ now: Int64, _ redactor: Redactor
    ) throws(Problem) -> Double {
        guard case .array(let pair) = sample, pair.count == 2, case .number(let time) = pair[0],
            case .string(let text) = pair[1]
        else { throw Problem(text: "the answer's value is none") }
        guard abs(time - Double(now)) <= Double(clockLimit) else {
            let off = Duration.seconds(Int64(min(abs(time - Double(now)), 1e9).rounded())).text
            throw Problem(
                text: "the answer is of \(off) \(time < Double(now) ? "ago" : "ahead"): it came "
                    + "out of a cache, or one of the clocks is wrong")
        }
        // +Inf and NaN (0/0, an empty range) say that nothing was measured.
        guard let value = Double(text), value.isFinite else {
            throw Problem(text: "the query gives \(redactor.excerpt(text)), which is no number")
        }
        return value
    }

    private static func name(_ series: JSONValue) -> String {
        guard case .object(let members) = series, case .object(let labels)? = members["metric"]
        else { return "{}" }
        let shown = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }.prefix(4)
            .map { "\($0.key)=\"\($0.value.scalarText ?? "")\"" }
        return (labels["__name__"]?.scalarText ?? "") + "{\(shown.joined(separator: ","))}"
    }
}
