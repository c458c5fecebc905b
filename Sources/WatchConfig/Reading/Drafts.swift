// What was read, with the places that later checks need: references can only be followed when all
// files are read.

import WatchCore

struct ServiceDraft {
    /// What of a stream expressions can ask for by name, as declared.
    struct StreamParts {
        var patterns: [String] = []
        var fields: [String] = []
        var countsRoutes = false
        /// Not known to be silent about errors or latency: what could not be read may have told.
        var tellsErrors = true
        var tellsLatency = true
    }

    var configuration: ServiceConfiguration
    var place: Place
    var plan: Placed<String>?
    var dependsOn: [Placed<String>]
    var triggers: [TriggerDraft]
    /// Of which something could not be read.
    var brokenTriggers: [BrokenTrigger] = []
    /// As declared, whether or not they could be read: what is there is not missing besides.
    var probes: [String]
    var streams: [String]
    var parts: [String: StreamParts] = [:]
    /// Where streams say that they listen, by name.
    var listeners: [String: Place] = [:]
    /// nil: as usual.
    var operations: OperationsDraft?
    /// Where `${…}` of its `assess` stand, by variable.
    var variables: [Placed<String>] = []
    /// `slo` was written, readable or not.
    var hasObjective = false
    /// Whether a key of it was refused, so that what seems missing may only be misspelt.
    var hadRefused: Bool

    /// Fields of a release that a version source of the service captures.
    var fields: Set<String> {
        var fields: Set<String> = ["version", "commit"]
        for source in configuration.version {
            switch source.kind {
            case .http(_, .json(let paths)), .command(_, .json(let paths)):
                fields.formUnion(paths.keys)
            case .http(_, .header), .http(_, .pattern), .command(_, .firstLine),
                .command(_, .pattern), .symlink, .file:
                break
            }
        }
        return fields
    }

    /// Plans the service may run, each once, and where it says so.
    var plans: [Placed<String>] {
        var seen: Set<String> = []
        let ofTriggers = triggers.map(\.plan) + brokenTriggers.map(\.plan)
        return ([plan, operations?.plan] + ofTriggers).compactMap { $0 }
            .filter { seen.insert($0.value).inserted }
    }
}

struct TriggerDraft {
    var configuration: TriggerConfiguration
    var when: YAMLValue
    var place: Place
    var severityPlace: Place
    var modePlace: Place
    var plan: Placed<String>?
    /// Its own route.
    var page: Placed<String>?
    /// nil: not given.
    var forPlace: Place?
    /// nil: inherited, if there is one.
    var confidencePlace: Place?
}

/// What could be read of a trigger that is none: what it names is followed all the same, so that
/// nobody hears of a second mistake only when the first is mended.
struct BrokenTrigger {
    /// nil: it says none, or none that can be used.
    var name: Placed<String>?
    /// What it asks; of a condition that is none, as far as it could be read.
    var operands: [Operand]
    var when: YAMLValue?
    var isAutomatic: Bool
    var plan: Placed<String>?
    var page: Placed<String>?
}

struct PlanDraft {
    var plan: Plan
    var place: Place
    var budgetPlace: Place
    /// Where `${…}` of the plan's templates stand, by variable.
    var variables: [Placed<String>]
    var probes: [Placed<String>]
    var conditions: [(expression: Expression, value: YAMLValue)]
    var verifyPlace: Place
    /// Roles that its methods ask for.
    var roles: [Placed<String>] = []
    /// Services that it stops and starts again.
    var spans: [Placed<String>] = []
    var drill: DrillDraft?
    var acts: [PlanVariables.Act] = []
}

struct DrillDraft {
    var drill: Drill
    var service: Placed<String>
    /// Where each credential of the plan is named.
    var credentials: [Placed<String>]
    /// Where each service that the plan stops is named, and the one that is stopped for it.
    var spans: [(service: Placed<String>, copy: Placed<String>)] = []
    /// Gates and steps that do in a drill what they do for real.
    var same: [Placed<String>]
}

struct RouteDraft {
    var name: String
    var place: Place
    var steps: [[Placed<String>]]
}

/// Everything of all files.
struct Draft {
    /// Names of everything that was declared, whether or not it could be read.
    struct Names {
        var services: [String] = []
        var plans: [String] = []
        var channels: [String] = []
    }

    var names = Names()
    /// By kind and name.
    var firstPlaces: [String: Place] = [:]
    var services: [ServiceDraft] = []
    var plans: [PlanDraft] = []
    var channels: [(configuration: ChannelConfiguration, place: Place)] = []
    var routes: [RouteDraft] = []
    var policy: [Severity: Policy] = Policy.defaults
    /// Severities whose policy was written, and where its route stands.
    var policyPlaces: [Severity: Place] = [:]
    var writtenRoutes: [Placed<String>] = []
    /// Roles that policies ask for.
    var writtenRoles: [Placed<String>] = []
    var limits = Limits()
    var limitsPlace: Place?
    var access = Access()
    var accessPlace: Place?
    var quiet = QuietDraft()
}
