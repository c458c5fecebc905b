// Looks whether what a rollback and its pages need can be had: by the daemon itself, because what
// an administrator's shell can reach says nothing about a hardened unit. Nothing is done that
// changes anything, and no message is sent.

import Glibc
import WatchCore
import WatchHTTP
import WatchSystem
import WatchUnits

struct Doctor: Sendable {
    /// Where the helper of unit steps looks for its scripts.
    static let scripts = "/etc/watchd/rollback.d"
    /// Of one connection.
    static let patience = Duration.seconds(5)
    /// So many are tried at once.
    static let connectionsAtOnce = 8

    let options: DaemonOptions
    let secrets: any SecretSource
    let bus: any UnitBus
    let client: HTTPClient
    let time: any TimeSource
    var scripts = Self.scripts

    /// - Parameters:
    ///   - configuration: that is in force.
    ///   - services: as they are now: what streams and version sources say.
    ///   - storage: how it stands with the disk of the state directory.
    ///   - storeProblem: why nothing can be recorded; nil: it can.
    func examine(
        _ configuration: WatchCore.Configuration, _ services: [ServiceStatus],
        _ storage: StorageStatus? = nil, _ storeProblem: String? = nil
    ) async -> DoctorReport {
        let needs = Needs(configuration)
        var checks = own()
        if let storage { checks += disk(storage, storeProblem) }
        checks += needs.programs.map { program($0.name, $0.users) }
        checks += needs.directories.map { directory($0.name, $0.users) }
        checks += await units(needs.units)
        checks += needs.secrets.map { secret($0.reference, $0.users) }
        checks += signals(services)
        checks += groups(configuration.access)
        checks += await connections(needs.places)
        return DoctorReport(
            time: time.now().wall, user: Self.userName, checks: checks)
    }

    // MARK: - The daemon itself

    private func own() -> [DoctorReport.Check] {
        [
            writable(options.state), writable(options.state + "/steps"),
            program(options.shim, ["steps"]),
        ]
    }

    private func writable(_ path: String) -> DoctorReport.Check {
        let isGood = access(path, W_OK | X_OK) == 0
        return DoctorReport.Check(
            kind: "directory", name: path, state: isGood ? .ok : .problem,
            text: isGood
                ? "can be written to" : "\(SystemError("write to \(path)"))",
            remedy: isGood
                ? nil : "chown \(Self.userName) \(path), and see ReadWritePaths= of the unit",
            usedBy: ["watchd"])
    }

    static var userName: String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else {
            return "\(geteuid())"
        }
        return String(cString: name)
    }

    // MARK: - Files

    /// A program that is started by the daemon's user.
    func program(_ path: String, _ users: [String]) -> DoctorReport.Check {
        guard !Self.found(path).contains(where: Executable.isRunnable) else {
            return DoctorReport.Check(
                kind: "program", name: path, state: .ok, text: "can be run", usedBy: users)
        }
        let exists = Self.found(path).contains { access($0, F_OK) == 0 }
        return DoctorReport.Check(
            kind: "program", name: path, state: .problem,
            text: exists
                ? "may not be run by \(Self.userName)"
                : "is not there, as \(Self.userName) sees it",
            remedy: exists
                ? "chmod 755 \(path), and check that its directories can be entered and are not "
                    + "mounted noexec"
                : "install it, or mend its path; ProtectHome= and PrivateTmp= of the unit hide "
                    + "what lies in /home and /tmp",
            usedBy: users)
    }

    /// A directory in which a program is started.
    private func directory(_ path: String, _ users: [String]) -> DoctorReport.Check {
        func check(
            _ state: DoctorReport.State, _ text: String, _ remedy: String? = nil
        ) -> DoctorReport.Check {
            DoctorReport.Check(
                kind: "directory", name: path, state: state, text: text, remedy: remedy,
                usedBy: users)
        }
        // With the dot it is looked for as what it must be.
        if access(path + "/.", X_OK) == 0 { return check(.ok, "can be entered") }
        switch errno {
        case EACCES:
            return check(
                .problem, "may not be entered by \(Self.userName)",
                "chmod a+x it and the directories above it")
        case ENOTDIR:
            return check(.problem, "is no directory", "mend cwd: of the step")
        default:
            return check(
                .problem, "is not there, as \(Self.userName) sees it",
                "create it, or mend cwd: of the step; ProtectHome= and PrivateTmp= of the unit "
                    + "hide what lies in /home and /tmp")
        }
    }

    /// Where the environment of steps lets it be found.
    private static func found(_ program: String) -> [String] {
        guard !program.contains("/") else { return [program] }
        return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
            .map { "\($0)/\(program)" }
    }

    private func secret(
        _ reference: SecretReference, _ users: [String]
    ) -> DoctorReport.Check {
        do throws(SecretError) {
            let value = try secrets.secret(reference)
            return DoctorReport.Check(
                kind: "secret", name: "\(reference)", state: value.isEmpty ? .problem : .ok,
                text: value.isEmpty ? "is empty" : "can be read",
                remedy: value.isEmpty ? "write the secret into it" : nil, usedBy: users)
        } catch {
            return DoctorReport.Check(
                kind: "secret", name: "\(reference)", state: .problem, text: error.message,
                remedy: "watchd's user must be able to read it", usedBy: users)
        }
    }

    // MARK: - What runs already says it

    private func signals(_ services: [ServiceStatus]) -> [DoctorReport.Check] {
        services.flatMap { service in
            let blind = service.signals.filter { $0.state == .blind }.map { signal in
                DoctorReport.Check(
                    kind: signal.kind.rawValue, name: "\(service.name)/\(signal.name)",
                    state: .problem, text: signal.note ?? "cannot be measured",
                    remedy: "watchctl status \(service.name)", usedBy: [service.name])
            }
            let deaf = service.sources.compactMap { source in
                source.problem.map { problem in
                    DoctorReport.Check(
                        kind: "version", name: source.label, state: .problem, text: problem,
                        remedy: "without it another source must tell the release",
                        usedBy: [service.name])
                }
            }
            let working = service.signals.count - blind.count
            let good = DoctorReport.Check(
                kind: "signals", name: service.name, state: .ok,
                text: "\(working) of \(service.signals.count) signals can be measured",
                usedBy: [service.name])
            return [good] + blind + deaf
        }
    }

    /// Groups that no host knows have no members.
    private func groups(_ access: Access) -> [DoctorReport.Check] {
        var users: [String: [String]] = [:]
        for group in access.operate { users[group, default: []].append("access.operate") }
        for (role, groups) in access.approve {
            for group in groups { users[group, default: []].append("role \(role)") }
        }
        return users.sorted { $0.key < $1.key }.map { group, users in
            let exists = getgrnam(group) != nil
            return DoctorReport.Check(
                kind: "group", name: group, state: exists ? .ok : .problem,
                text: exists ? "exists" : "does not exist, so nobody is in it",
                remedy: exists ? nil : "groupadd \(group), and usermod -aG \(group) USER",
                usedBy: users.sorted())
        }
    }
}
