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
    static func service(_ plan: String) -> String {
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
        access: { operate: [ops], approve: { cto: [board] } }

        """
    }

    private func load(_ file: String) throws -> (text: String, plan: Plan, found: [Diagnostic]) {
        let text = try Files.text("\(Self.directory)/\(file)")
        let name = String(file.dropLast(".yaml".count))
        let result = ConfigurationLoader.loadText(Self.service(name) + text)
        let plan = try #require(
            result.configuration?.plans.first { $0.name == name }, "\(result.diagnostics)")
        return (text, plan, result.diagnostics)
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

    /// What `watchctl rollback --dry-run` prints of them.
    private static let examples: [String: [String]] = [
        "prisma.yaml": [
            "/usr/bin/npx --no-install prisma db execute --file "
                + "prisma/migrations/${from.migration}/down.sql",
            "/usr/bin/npx --no-install prisma migrate resolve --rolled-back ${from.migration}",
            "shop-symlink:${to.version}",
        ],
        "docker-compose.yaml": ["shop-compose:${to.version}"],
        "kubernetes.yaml": [
            "/usr/bin/kubectl --namespace shop get replicasets "
                + "--selector=app=shop,version=${to.version} "
                + #"--output=jsonpath={.items[0].metadata.annotations"#
                + #".deployment\.kubernetes\.io/revision}"#,
            "/usr/bin/kubectl --namespace shop rollout undo deployment/shop "
                + "--to-revision=${revision}",
            "/usr/bin/kubectl --namespace shop rollout status deployment/shop --timeout=5m",
        ],
        "nomad.yaml": ["/usr/bin/nomad job revert shop ${to.version}"],
        "kamal.yaml": ["/usr/local/bin/kamal rollback ${to.version}"],
    ]

    @Test(arguments: examples.keys.sorted())
    func anExampleWouldRunWhatItsToolTakesAndSaysThatItIsNone(_ file: String) throws {
        let (text, plan, _) = try load(file)
        #expect(plan.methods.flatMap(\.steps).map(\.action.summary) == Self.examples[file])
        #expect(text.contains("It is NOT exercised against the\n# real tool"))
    }
}
