// Scripts of unit steps, and whether systemd and polkit would let us run them.

import Glibc
import WatchCore
import WatchSystem
import WatchUnits

extension Doctor {
    /// Has the form of every other, and no script: stopping what does not run does nothing, and is
    /// allowed or not like the rest.
    private static let probe = "watchd-rollback@watchd-doctor.service"

    func units(_ needs: [Needs.Named]) async -> [DoctorReport.Check] {
        guard !needs.isEmpty else { return [] }
        let users = Array(Set(needs.flatMap(\.users))).sorted()
        return needs.map { script($0.name, $0.users) } + [await permission(users)]
            + (await helper(users).map { [$0] } ?? [])
    }

    /// The unit that is installed, and the program that turns its name into a script.
    /// - Returns: nil when systemd does not say; that it cannot be asked is told by `permission`.
    private func helper(_ users: [String]) async -> DoctorReport.Check? {
        guard let status = try? await bus.status(Self.probe) else { return nil }
        func check(
            _ state: DoctorReport.State, _ name: String, _ text: String, _ remedy: String? = nil
        ) -> DoctorReport.Check {
            DoctorReport.Check(
                kind: "unit", name: name, state: state, text: text, remedy: remedy, usedBy: users)
        }
        let template = "watchd-rollback@.service"
        switch status.loadState {
        case "loaded": break
        case "not-found":
            return check(
                .problem, template, "is not installed, so no unit step can run",
                "install watchd again, then: systemctl daemon-reload")
        case "masked":
            return check(
                .problem, template, "is masked, so no unit step can run",
                "systemctl unmask \(template)")
        default:
            return check(
                .problem, template, "systemd cannot load it (\(status.loadState))",
                "systemd-analyze verify \(template) says why")
        }
        guard let program = status.program else { return nil }
        guard access(program, F_OK) == 0 else {
            return check(
                .problem, program, "is not there, so no unit step can run",
                "install watchd again; \(template) runs it")
        }
        guard Executable.isRunnable(program) else {
            return check(
                .problem, program, "may not be run, so no unit step can",
                "chown root: \(program); chmod 755 \(program)")
        }
        return check(.ok, program, "can be run as root by \(template)")
    }

    private func permission(_ users: [String]) async -> DoctorReport.Check {
        func check(
            _ state: DoctorReport.State, _ text: String, _ remedy: String? = nil
        ) -> DoctorReport.Check {
            DoctorReport.Check(
                kind: "polkit", name: "watchd-rollback@….service", state: state, text: text,
                remedy: remedy, usedBy: users)
        }
        do throws(UnitBusError) {
            try await bus.stop(Self.probe)
            return check(.ok, "systemd starts and stops these units for \(Self.userName)")
        } catch {
            switch error {
            case .accessDenied(let why):
                return check(
                    .problem, "polkit refused it: \(why)",
                    "install 50-watchd.rules into /etc/polkit-1/rules.d (polkit 0.106 or newer; "
                        + "older: systemd/old-polkit.conf)")
            case .unreachable(let why):
                return check(.problem, "there is no bus: \(why)", "start dbus and systemd")
            case .noSuchUnit:
                // Nothing to stop: it was allowed to look for it.
                return check(.ok, "systemd lets \(Self.userName) manage these units")
            case .refused(let why), .lost(let why):
                return check(.unknown, "systemd did not say: \(why)")
            }
        }
    }

    private var folderProblem: (text: String, remedy: String)? {
        var info = stat()
        guard lstat(scripts, &info) == 0 else { return nil }
        if info.st_mode & S_IFMT == S_IFDIR, info.st_uid == 0, info.st_mode & 0o022 == 0 {
            return nil
        }
        return (
            "\(scripts) could have been written by others than root, so nothing in it is run",
            "chown root: \(scripts); chmod 755 \(scripts)"
        )
    }

    /// The helper, which is root, checks the same again before it runs one.
    func script(_ name: String, _ users: [String]) -> DoctorReport.Check {
        let path = "\(scripts)/\(name)"
        func check(
            _ state: DoctorReport.State, _ text: String, _ remedy: String? = nil
        ) -> DoctorReport.Check {
            DoctorReport.Check(
                kind: "unit", name: path, state: state, text: text, remedy: remedy, usedBy: users)
        }
        if let problem = folderProblem { return check(.problem, problem.text, problem.remedy) }
        var info = stat()
        guard lstat(path, &info) == 0 else {
            let error = SystemError("look at \(path)")
            if error.code == EACCES {
                return check(
                    .unknown, "\(Self.userName) may not look into \(scripts)",
                    "chmod 755 \(scripts) lets it")
            }
            return check(.problem, "is not there", "install the script as root, mode 0755")
        }
        guard info.st_mode & S_IFMT == S_IFREG else {
            return check(
                .problem, "is no file of its own", "install the script as root, mode 0755, no link")
        }
        guard info.st_mode & 0o111 != 0 else {
            return check(.problem, "may not be run", "chmod 755 \(path)")
        }
        guard info.st_uid == 0, info.st_mode & 0o022 == 0 else {
            return check(
                .problem, "could have been written by others than root, so it is not run",
                "chown root: \(path); chmod 755 \(path)")
        }
        return check(.ok, "can be run as root")
    }
}
