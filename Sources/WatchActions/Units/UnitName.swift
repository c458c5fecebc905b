// Names of rollback units: `watchd-rollback@NAME:VALUE.service`.

import WatchCore

struct UnitName: Hashable, Sendable {
    /// As the helper sees it in `%i`.
    let instance: String
    var unit: String { "watchd-rollback@\(instance).service" }

    /// `-` stays: nothing here is a path.
    init(name: String, value: String?) throws(CannotStart) {
        for part in [name] + (value.map { [$0] } ?? []) where !Identifier.isValid(part) {
            throw CannotStart(
                message: "no unit can be named after it: \(Identifier.refusal(part))")
        }
        // As the helper and the polkit rule have it.
        guard name.utf8.count <= 64, !name.contains("+") else {
            throw CannotStart(
                message: "'\(name)' cannot name a rollback script: at most 64 characters, no '+'")
        }
        instance = Action.instance(of: name, with: value)
        // unit names are at most 255 characters (systemd.unit(5)).
        guard "watchd-rollback@\(instance).service".utf8.count <= 255 else {
            throw CannotStart(
                message: "'\(name)' and its value are too long together for the name of a unit")
        }
    }

    /// The unit that a record names.
    init?(unit: String) {
        let prefix = "watchd-rollback@"
        guard unit.hasPrefix(prefix), unit.hasSuffix(".service"), !unit.contains("/") else {
            return nil
        }
        instance = String(unit.dropFirst(prefix.count).dropLast(".service".count))
    }
}
