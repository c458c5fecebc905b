// Room for what is decided: a directory that may be written to is of no use on a full disk.

import WatchCore

extension Doctor {
    func disk(_ storage: StorageStatus, _ storeProblem: String?) -> [DoctorReport.Check] {
        let remedy = StorageStatus.remedy(options.state)
        func check(
            _ kind: String, _ isGood: Bool, _ text: String, _ remedy: String? = nil
        ) -> DoctorReport.Check {
            DoctorReport.Check(
                kind: kind, name: options.state, state: isGood ? .ok : .problem, text: text,
                remedy: remedy, usedBy: ["watchd"])
        }
        var checks: [DoctorReport.Check] = []
        if let free = storage.free {
            let text = "\(StorageStatus.text(free)) are free"
            checks.append(
                storage.isLow
                    ? check("disk", false, "only \(text)", remedy) : check("disk", true, text))
        }
        checks.append(
            storage.hasReserve
                ? check("reserve", true, "1 MB is held for a full disk")
                : check(
                    "reserve", false, "the reserve of 1 MB for a full disk is not held",
                    "it is taken by itself when 3 MB are free: \(remedy)"))
        if let problem = storage.checkpointProblem, let since = storage.checkpointsFailSince {
            checks.append(
                check(
                    "checkpoint", false, "none was written since \(since.text): \(problem)",
                    "until one is, windows would begin empty after a restart; \(remedy)"))
        }
        if let storeProblem {
            checks.append(check("store", false, storeProblem, remedy))
        }
        return checks
    }
}
