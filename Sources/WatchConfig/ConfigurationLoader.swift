// Files in, one checked configuration out, or everything that is wrong with them.

public import WatchCore
import WatchSystem

/// What came of reading a configuration.
public struct LoadResult: Sendable {
    /// nil when there is an error.
    public var configuration: Configuration?
    /// Errors and warnings, sorted by file and position.
    public var diagnostics: [Diagnostic]

    public init(configuration: Configuration?, diagnostics: [Diagnostic]) {
        self.configuration = configuration
        self.diagnostics = diagnostics
    }
}

public enum ConfigurationLoader {
    /// Files of one run.
    static let fileLimit = 1000

    /// Reads files and directories (of which each `*.yaml`, sorted by name) as one configuration.
    /// A main file does not pull in its `conf.d`; see `expand(paths:)`.
    /// - Parameter checkSecrets: where given, each secret that is named is read once, and one
    ///   that cannot be read is an error at its place.
    public static func load(
        paths: [String], checkSecrets: (any SecretSource)? = nil
    ) -> LoadResult {
        let problems = Problems(secrets: checkSecrets)
        var files: [SourceFile] = []
        for path in paths.flatMap({ Inputs.files($0, problems) }) {
            guard files.count < fileLimit else {
                problems.error(
                    Place(file: SourceFile(name: path, text: "", order: .max), line: 1, column: 1),
                    "more than \(fileLimit) files", "name fewer")
                break
            }
            if let file = Inputs.read(path, order: files.count, problems) { files.append(file) }
        }
        return load(files, problems)
    }

    /// One text as a configuration; `name` is what diagnostics call it.
    public static func loadText(
        _ text: String, name: String = "watchd.yaml", checkSecrets: (any SecretSource)? = nil
    ) -> LoadResult {
        let problems = Problems(secrets: checkSecrets)
        let file = Inputs.decode(Array(text.utf8), name: name, order: 0, problems)
        return load(file.map { [$0] } ?? [], problems)
    }

    /// The main file and each `*.yaml` of the `conf.d` beside it, sorted: what the daemon reads.
    public static func expand(mainFile: String) -> [String] {
        let slash = mainFile.lastIndex(of: "/")
        let directory = slash.map { String(mainFile[...$0]) } ?? ""
        return [mainFile] + (Inputs.yamlFiles(directory + "conf.d") ?? [])
    }

    /// What a daemon that was given each of these would read: of a file the `conf.d` beside it as
    /// well, of a directory its own. A file that lies in a `conf.d` itself is read alone. Each file
    /// once.
    public static func expand(paths: [String]) -> [String] {
        var seen: Set<String> = []
        return paths.flatMap { path -> [String] in
            if let own = Inputs.yamlFiles(path) {
                let base = path.hasSuffix("/") ? path : path + "/"
                let all = own + (Inputs.yamlFiles(base + "conf.d") ?? [])
                return all.isEmpty ? [path] : all
            }
            let parts = path.split(separator: "/").dropLast()
            return parts.last == "conf.d" ? [path] : expand(mainFile: path)
        }.filter { seen.insert(Inputs.identity(of: $0)).inserted }
    }

    private static func load(_ files: [SourceFile], _ problems: Problems) -> LoadResult {
        var draft = Draft()
        for file in files {
            guard let root = YAMLReader.read(file, problems) else { continue }
            DocumentReader(problems: problems).read(root, into: &draft)
            SecretLint(problems: problems).check(root)
        }
        References(draft: draft, problems: problems).check()
        ConnectivityLint(draft: draft, problems: problems).check()
        for plan in draft.plans { Budget.check(plan, problems) }
        for service in draft.services {
            let lint = SamplingLint(service: service.configuration, problems: problems)
            for trigger in service.triggers { lint.check(trigger) }
        }
        GuardLint(draft: draft, problems: problems).check()
        if draft.services.isEmpty, !problems.hasErrors, let first = files.first {
            problems.warning(
                first.place(line: 1, column: 1), "there are no services: nothing is guarded",
                "add services: { NAME: { … } }")
        }
        return LoadResult(
            configuration: problems.hasErrors ? nil : draft.configuration,
            diagnostics: problems.diagnostics)
    }
}

extension Draft {
    fileprivate var configuration: Configuration {
        var configuration = Configuration(
            services: services.map(\.configuration), policy: policy, limits: limits,
            plans: plans.map(\.plan), channels: channels.map(\.configuration),
            routes: routes.map { route in
                RouteConfiguration(
                    name: route.name, steps: route.steps.map { $0.map(\.value) })
            }, access: access)
        configuration.maintenance = quiet.maintenance
        configuration.silences = quiet.silences
        configuration.connectivity = quiet.connectivity
        return configuration
    }
}
