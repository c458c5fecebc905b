// Where pages go.

import WatchCore
import Yams

struct ChannelReader {
    let secrets: SecretPlaces

    func read(_ value: Value) -> ChannelConfiguration.Kind? {
        guard let fields = value.fields("a channel", .channel),
            let (key, item) = fields.one(of: ["slack", "webhook"])
        else { return nil }
        if key == "slack" { return url(item).map { .slack(url: $0) } }
        guard case .mapping = item.node else {
            return url(item).map { .webhook(url: $0, secret: nil) }
        }
        guard let inner = item.fields("webhook", .webhook),
            let url = inner.required("url").flatMap(url)
        else { return nil }
        let secret = inner["secret"]?.template()
        if let value = inner["secret"] {
            secrets.note(secret, at: value)
            if let secret, secret.secrets.isEmpty {
                value.error(
                    "a secret does not belong into the configuration",
                    remedy: "write ${credential:NAME} and put it into LoadCredential=")
            }
        }
        return .webhook(url: url, secret: secret)
    }

    private func url(_ value: Value) -> Template? {
        guard let template = value.template() else { return nil }
        secrets.note(template, at: value)
        HTTPReader.checkURL(template, value)
        if let variable = template.variables.first {
            value.error("'${\(variable)}' has no value here")
        }
        return template
    }
}

struct RouteReader {
    /// Each step the channels it goes to.
    func read(_ value: Value) -> [[String]] {
        value.list("a route").compactMap { item -> [String]? in
            guard let fields = item.fields("a step of a route", .routeStep),
                let to = fields.required("to", remedy: "as in { to: [ops-chat] }")
            else { return nil }
            return to.list("to", orSingle: true).compactMap { channel in
                guard let name = channel.text else { return nil }
                let place = channel.place
                channel.report.check { [report = channel.report] in
                    report.require(name, among: $0.channels.map(\.name), "channel", at: place)
                }
                return name
            }
        }
    }
}
