// The one place that knows the configuration's loader; the commands only know findings.

import WatchConfig
import WatchCore
import WatchSystem

struct ConfigurationFinding: Codable, Hashable, Sendable {
    var isError: Bool
    /// `file:line:column: error: message`, then the line quoted.
    var text: String
}

enum ConfigurationCheck {
    /// `secrets`: also whether each can be read, by whoever runs this.
    static func findings(_ files: [String], secrets: Bool) -> [ConfigurationFinding] {
        let source = secrets ? SystemSecrets() : nil
        return ConfigurationLoader.load(paths: files, checkSecrets: source).diagnostics.map {
            ConfigurationFinding(isError: $0.severity == .error, text: $0.text)
        }
    }

    /// The configuration that a command works with which needs no daemon.
    static func load(_ files: [String], for command: String) throws(Failure) -> Configuration {
        guard !files.isEmpty else { throw Failure(.usage, "\(command) needs --config FILE") }
        return try load(files)
    }

    /// - Throws: with every error, when they are no configuration.
    static func load(_ files: [String]) throws(Failure) -> Configuration {
        let result = ConfigurationLoader.load(paths: whole(files))
        guard let configuration = result.configuration else {
            let errors = result.diagnostics.filter { $0.severity == .error }.map(\.text)
            throw Failure(
                .unknown,
                (["the configuration is not usable"] + errors).joined(separator: "\n"))
        }
        return configuration
    }

    /// What the daemon would read of them: the `conf.d` beside a file belongs to it. Of none, the
    /// file that the daemon reads when nobody names another.
    static func whole(_ files: [String]) -> [String] {
        ConfigurationLoader.expand(paths: files.isEmpty ? ["/etc/watchd/watchd.yaml"] : files)
    }

    /// Whether they name secrets that a check without `--secrets` leaves alone.
    static func namesSecrets(_ files: [String]) -> Bool {
        !(ConfigurationLoader.load(paths: files).configuration?.secrets.isEmpty ?? true)
    }

    /// What holds: as YAML and as JSON, nil where the files are no configuration.
    static func effective(
        _ files: [String]
    ) throws(Failure) -> (yaml: String, json: [UInt8], findings: [ConfigurationFinding])? {
        let effective = EffectiveConfiguration.read(paths: files)
        let findings = effective.diagnostics.map {
            ConfigurationFinding(isError: $0.severity == .error, text: $0.text)
        }
        guard let yaml = effective.yaml, let value = effective.json else { return nil }
        guard let json = try? WireJSON.encode(value) else {
            throw Failure(.unknown, "the configuration cannot be written as JSON")
        }
        return (yaml, json, findings)
    }

    static func schema() -> String {
        ConfigurationSchema.json()
    }

    static func json(_ findings: [ConfigurationFinding]) throws(Failure) -> [UInt8] {
        do {
            return try WireJSON.encode(findings)
        } catch {
            throw Failure(.unknown, "the findings cannot be written as JSON")
        }
    }

    static func lines(_ finding: ConfigurationFinding) -> [Line] {
        finding.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            index, text in
            Line(
                safe(text, limit: 1000),
                index > 0 ? .dim : finding.isError ? .bad : .warning, overflow: .whole)
        }
    }

    private static let unread = "; its secrets were not read (--secrets does)"

    static func summary(
        _ findings: [ConfigurationFinding], files: Int, leavesSecrets: Bool = false
    ) -> Line {
        let errors = findings.count { $0.isError }
        let warnings = findings.count - errors
        let name = counted(files, "file")
        let tail = warnings == 0 ? "" : ", \(counted(warnings, "warning"))"
        return errors == 0
            ? Line("\(name): fine\(tail)\(leavesSecrets ? unread : "")", .good)
            : Line("\(name): \(counted(errors, "error"))\(tail)", .bad)
    }
}
