// `watchctl config show`: what the files say, as one document, and what holds where they say
// nothing. It can be read back, and means the same then.

public import WatchCore
import WatchSystem

public struct EffectiveConfiguration {
    /// The document; nil when the files are no configuration.
    public var yaml: String?
    /// The same as a value, scalars as they would be read.
    public var json: JSONValue?
    /// Errors and warnings, as of `ConfigurationLoader.load`.
    public var diagnostics: [Diagnostic]

    /// Reads files and directories as one configuration.
    public static func read(paths: [String]) -> EffectiveConfiguration {
        let loaded = ConfigurationLoader.load(paths: paths)
        guard let configuration = loaded.configuration else {
            return EffectiveConfiguration(diagnostics: loaded.diagnostics)
        }
        let problems = Problems(secrets: nil)
        var tree = ShownTree.mapping([])
        for (order, path) in paths.flatMap({ Inputs.files($0, problems) }).enumerated() {
            guard let file = Inputs.read(path, order: order, problems),
                let root = YAMLReader.read(file, problems)
            else { continue }
            tree.join(ShownTree(root))
        }
        tree.withhold()
        ShownDefaults(configuration: configuration).fill(&tree)
        return EffectiveConfiguration(
            yaml: tree.yaml, json: tree.json, diagnostics: loaded.diagnostics)
    }

    /// One text, for tests and tools.
    public static func read(text: String) -> EffectiveConfiguration {
        let loaded = ConfigurationLoader.loadText(text)
        guard let configuration = loaded.configuration else {
            return EffectiveConfiguration(diagnostics: loaded.diagnostics)
        }
        let problems = Problems(secrets: nil)
        let file = Inputs.decode(Array(text.utf8), name: "text", order: 0, problems)
        var tree =
            file.flatMap { YAMLReader.read($0, problems) }.map(ShownTree.init)
            ?? .mapping([])
        tree.withhold()
        ShownDefaults(configuration: configuration).fill(&tree)
        return EffectiveConfiguration(
            yaml: tree.yaml, json: tree.json, diagnostics: loaded.diagnostics)
    }

    private init(
        yaml: String? = nil, json: JSONValue? = nil, diagnostics: [Diagnostic]
    ) {
        self.yaml = yaml
        self.json = json
        self.diagnostics = diagnostics
    }
}
