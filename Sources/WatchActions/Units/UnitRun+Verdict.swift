// How a unit's run ended, from the helper's log, the job's result and the unit's properties, in
// this order of trust; and what bus errors mean to a person.

import WatchCore
import WatchUnits

extension UnitRun {
    /// - Parameters:
    ///   - job: result of the start job, if it was seen.
    ///   - lines: what the helper logged since the intent.
    ///   - status: the unit, idle again.
    func conclude(
        _ job: String?, _ lines: [UnitLog.Line], _ status: UnitStatus, _ intent: UnitIntent
    ) -> UnitEnding {
        let invocation = lines.first?.invocation ?? status.invocationID
        if let exit = lines.first(where: { $0.invocation == invocation && $0.exit != nil })?.exit {
            return UnitEnding(.exited(exit), invocation: invocation)
        }
        if job == "done" { return UnitEnding(.exited(0), invocation: invocation) }
        let isOurs =
            status.invocationID == invocation && status.invocationID != intent.invocationBefore
            && !status.invocationID.isEmpty
        guard isOurs else { return neverSeen(job, lines, status) }
        switch status.mainCode {
        case 1 where lines.isEmpty && Self.means(neverRan: status.mainStatus):
            return UnitEnding(
                .couldNotStart(
                    "the script of \(name.unit) was not run (status \(status.mainStatus)); "
                        + "journalctl -u '\(name.unit)' says why"),
                invocation: invocation)
        case 1: return UnitEnding(.exited(status.mainStatus), invocation: invocation)
        case 2, 3: return UnitEnding(.signalled(status.mainStatus), invocation: invocation)
        default:
            return UnitEnding(
                .unknown("\(name.unit) ended with '\(status.result)' and left no exit status"),
                invocation: invocation)
        }
    }

    /// Without a line in the log: the helper refused the instance (64) or could not log (73), or
    /// systemd or the helper could not execute a program (systemd.exec(5)).
    private static func means(neverRan status: Int) -> Bool {
        status == 64 || status == 73 || (200...243).contains(status)
    }

    /// The unit shows no run of ours.
    private func neverSeen(
        _ job: String?, _ lines: [UnitLog.Line], _ status: UnitStatus
    ) -> UnitEnding {
        guard lines.isEmpty, let job else {
            return UnitEnding(
                .unknown("\(name.unit) began and was gone before it could record an end"))
        }
        let result = status.result == "success" ? job : status.result
        return UnitEnding(
            .couldNotStart(
                "systemd did not run \(name.unit) (\(result)); systemctl status '\(name.unit)' "
                    + "says why"))
    }

    func explain(_ error: UnitBusError) -> String {
        switch error {
        case .accessDenied(let why):
            "watchd may not start or stop \(name.unit) (\(why)); install watchd's polkit rule in "
                + "/etc/polkit-1/rules.d and check that polkit runs"
        case .noSuchUnit(let why):
            "systemd has no \(name.unit) (\(why)); install the template "
                + "watchd-rollback@.service and run systemctl daemon-reload"
        case .refused(let why): "systemd refused \(name.unit): \(why)"
        case .unreachable(let why):
            "the system bus cannot be reached (\(why)); unit steps need D-Bus and systemd"
        case .lost(let why): "the bus went away before it answered about \(name.unit) (\(why))"
        }
    }
}
