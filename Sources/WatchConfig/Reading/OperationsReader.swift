// What follows when a guarded operation of a service goes wrong.

import WatchCore

/// A veto of something that has ended would never end.
enum OperationMode: String, CaseIterable {
    case shadow, page, auto

    var mode: TriggerConfiguration.Mode {
        switch self {
        case .shadow: .shadow
        case .page: .page
        case .auto: .auto
        }
    }
}

struct OperationsDraft {
    var rules: OperationRules
    var plan: Placed<String>?
    var page: Placed<String>?
    var modePlace: Place
}

struct OperationsReader {
    let problems: Problems

    func read(_ value: YAMLValue) -> OperationsDraft? {
        guard let section = Section(value, .operations, problems) else { return nil }
        var rules = OperationRules()
        rules.mode = section.choice("mode", as: OperationMode.self)?.mode ?? rules.mode
        rules.severity = section.choice("severity", as: Severity.self) ?? rules.severity
        rules.plan = section.text("plan")
        rules.page = section.text("page")
        return OperationsDraft(
            rules: rules, plan: rules.plan.map { Placed($0, section.place("plan")) },
            page: rules.page.map { Placed($0, section.place("page")) },
            modePlace: section.place("mode"))
    }
}
