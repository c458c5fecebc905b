// One place where messages can go.

import WatchCore

struct ChannelReader {
    let problems: Problems

    func read(_ entry: YAMLValue.Entry) -> ChannelConfiguration? {
        Names.checkPlain(entry.key, "a channel", entry.keyPlace, problems)
        guard let section = Section(entry.value, .channel, problems, owner: entry.keyPlace) else {
            return nil
        }
        let given = section.given(["slack", "webhook"])
        guard given.count == 1 else {
            guard given.count > 1 || !section.hadRefused else { return nil }
            problems.error(
                given.count > 1 ? section.place("webhook") : section.place,
                given.count > 1
                    ? "'slack' and 'webhook' are both given" : "a channel says where to send",
                given.count > 1
                    ? "make a channel of each; a step of a route may name both"
                    : "add slack: URL, or webhook: URL")
            return nil
        }
        let kind = given[0] == "slack" ? slack(section) : webhook(section)
        return kind.map { ChannelConfiguration(name: entry.key, kind: $0) }
    }

    private func slack(_ section: Section) -> ChannelConfiguration.Kind? {
        section.url("slack").map { .slack(url: $0) }
    }

    private func webhook(_ section: Section) -> ChannelConfiguration.Kind? {
        guard let value = section.value("webhook"), value.entries != nil else {
            return section.url("webhook").map { .webhook(url: $0, secret: nil) }
        }
        guard let webhook = Section(value, .webhook, problems) else { return nil }
        let url = webhook.url("url")
        let secret = webhook.template("secret")
        if let secret, secret.secrets.isEmpty {
            problems.hide(secret.source, at: webhook.place("secret"))
            problems.error(
                webhook.place("secret"), "a secret is never written in the configuration",
                "keep it in a file and write ${credential:NAME} or ${file:PATH}")
        }
        return url.map { .webhook(url: $0, secret: secret) }
    }
}
