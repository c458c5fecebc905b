// Every recipe that is installed loads with a service of the smallest kind, says what it needs,
// loses and takes, and would run what it says.

import FoundationEssentials
import Testing
import WatchConfig
import WatchCore

@Suite struct RecipeTests {
    static let directory = Repository.root + "/etc/watchd/plans"
    static let files =
        (try? FileManager.default.contentsOfDirectory(atPath: directory))?
        .filter { $0.hasSuffix(".yaml") }.sorted() ?? []

    /// A service that captures what the recipes ask for.
    /// - Parameter own: what it says of itself, and services besides.
    static func service(_ plan: String, own: String = "", others: String = "") -> String {
        """
        services:
          shop:
            version:
              - http: https://shop.example.com/api/version
                json:
                  version: $.version
                  commit: $.commit
                  deployment: $.deployment
                  migration: $.migration
                  revision: $.revision
            rollback: { plan: \(plan) }
            \(own)
        \(others)
        access: { operate: [ops], approve: { cto: [board] } }

        """
    }

    /// - Parameter drilled: with what its header and the lines below say about drills.
    private func load(
        _ file: String, drilled: Bool = false
    ) throws -> (text: String, plan: Plan, found: [Diagnostic]) {
        var text = try Files.text("\(Self.directory)/\(file)")
        let name = String(file.dropLast(".yaml".count))
        let header = Header(text)
        if drilled { text = text.replacing("\n    # drill", with: "\n    drill") }
        let service = Self.service(
            name, own: header.vars, others: drilled ? header.drillService : "")
        let result = ConfigurationLoader.loadText(service + text)
        let plan = try #require(
            result.configuration?.plans.first { $0.name == name }, "\(result.diagnostics)")
        return (text, plan, result.remarks)
    }

    @Test(arguments: files) func aRecipeLoadsWithoutAWord(_ file: String) throws {
        let (_, plan, found) = try load(file)
        #expect(found.map(\.message) == [])
        #expect(!plan.methods.isEmpty)
    }

    @Test(arguments: files) func aRecipeSaysWhatItNeedsLosesAndTakes(_ file: String) throws {
        let (text, plan, _) = try load(file)
        let header = text.split(separator: "\n").prefix { $0.hasPrefix("#") }
        for word in ["# Needs   ", "# Loses   ", "# Takes   "] {
            #expect(header.contains { $0.hasPrefix(word) }, "\(word)")
        }
        let losesNothing = header.contains { $0.hasPrefix("# Loses   nothing") }
        #expect(losesNothing == plan.methods.allSatisfy { $0.loses == nil })
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
    }

    /// What its header shows can be copied, and nothing of a drill is the real thing.
    @Test(arguments: files) func aRecipeSaysHowItIsDrilled(_ file: String) throws {
        let (_, plan, found) = try load(file, drilled: true)
        #expect(found.map(\.message) == [])
        #expect(plan.drill?.service == "shop-drill")
        #expect(plan.drill?.every == .days(30))
    }

    /// No step of a recipe is excused: each one does something else in a drill.
    @Test(arguments: files) func withoutADifferenceItIsNotDrilled(_ file: String) throws {
        let text = try Files.text("\(Self.directory)/\(file)")
        #expect(!text.contains("same: ["))
    }

    /// "Recovery Time Objectives" of the playbook.
    @Test func theTableOfThePlaybookStandsInItsRecipe() throws {
        let (_, plan, _) = try load("alembic.yaml")
        let steps = plan.methods.flatMap(\.steps) + plan.after
        for (name, target) in [("database", 30), ("application", 15), ("restart", 5)] {
            let named = steps.filter { $0.name == name }
            #expect(!named.isEmpty, "\(name)")
            #expect(named.allSatisfy { $0.target == .minutes(target) }, "\(name)")
            // What is late is told, before it is given up.
            #expect(named.allSatisfy { $0.timeout > .minutes(target) }, "\(name)")
        }
        #expect(plan.verify.target == .minutes(20))
    }

    /// What `watchctl rollback --dry-run` prints of them.
    private static let examples: [String: [String]] = [
        "prisma.yaml": [
            "/usr/bin/npx --no-install prisma db execute --file "
                + "prisma/migrations/${from.migration}/down.sql",
            "/usr/bin/npx --no-install prisma migrate resolve --rolled-back ${from.migration}",
            "shop-symlink:${service}+${to.version}",
        ],
        "docker-compose.yaml": ["shop-compose:${service}+${to.version}"],
        "kubernetes.yaml": [
            "/usr/bin/kubectl --namespace ${vars.namespace} get replicasets "
                + "--selector=app=shop,version=${to.version} "
                + #"--output=jsonpath={.items[0].metadata.annotations"#
                + #".deployment\.kubernetes\.io/revision}"#,
            "/usr/bin/kubectl --namespace ${vars.namespace} rollout undo deployment/shop "
                + "--to-revision=${revision}",
            "/usr/bin/kubectl --namespace ${vars.namespace} rollout status deployment/shop "
                + "--timeout=5m",
        ],
        "nomad.yaml": ["/usr/bin/nomad job revert ${service} ${to.version}"],
        "kamal.yaml": ["/usr/local/bin/kamal rollback ${to.version}"],
    ]

    @Test(arguments: examples.keys.sorted())
    func anExampleWouldRunWhatItsToolTakesAndSaysThatItIsNone(_ file: String) throws {
        let (text, plan, _) = try load(file)
        #expect(plan.methods.flatMap(\.steps).map(\.action.summary) == Self.examples[file])
        #expect(text.contains("It is NOT exercised against the\n# real tool"))
    }
}

/// The comment at the head of a recipe, as far as it can be copied.
private struct Header {
    /// `vars: { … }` of the service, or nothing.
    var vars = ""
    /// The services of the drill, as they stand below `services:`.
    var drillService = ""

    init(_ text: String) {
        let lines = text.split(separator: "\n").prefix { $0.hasPrefix("#") }
        let place = lines.firstIndex { $0.hasPrefix("# Drill   ") } ?? lines.endIndex
        vars =
            lines[..<place].map { $0.trimmingPrefix(/#\s+/) }
            .first { $0.hasPrefix("vars: {") }.map { String($0) } ?? ""
        let drill = lines[place...]
        guard let services = drill.firstIndex(where: { $0.hasSuffix("   services:") }) else {
            return
        }
        let indent = lines[services].prefix { $0 == "#" || $0 == " " }.count
        drillService =
            lines[(services + 1)...].prefix { $0.dropFirst(indent).hasPrefix("  ") }
            .map { String($0.dropFirst(indent)) }.joined(separator: "\n")
    }
}
