// What is stored of an incident, as a file for the steps of its rollback: `${evidence}`. It is
// written anew before each step that names it, so it is there before the first step changes
// anything, and after a restart. The store keeps the original; of the copies the old ones go.

import Glibc
import WatchCore
import WatchSystem

struct EvidenceFiles: Sendable {
    /// How long a copy is kept after it was written last.
    static let kept = Duration.days(30)

    let directory: String
    /// The record as it is stored, which is durable before any step runs.
    let incident: @Sendable (String) async throws -> IncidentRecord?
    /// As `StepSettings.makeRoom`.
    let makeRoom: @Sendable () -> Bool

    /// Why a file is not there, as a sentence.
    struct Problem: Error {
        var text: String
        /// For nothing but want of room on the disk.
        var isNoRoom = false
    }

    init(
        state: String, makeRoom: @escaping @Sendable () -> Bool = { false },
        incident: @escaping @Sendable (String) async throws -> IncidentRecord?
    ) {
        directory = Self.directory(state)
        self.makeRoom = makeRoom
        self.incident = incident
    }

    static func directory(_ state: String) -> String { state + "/evidence" }

    /// Writes the file if the task asks for it: what `watchctl incident ID --json` prints, without
    /// the timeline.
    /// - Returns: why it could not be written; nil: it is there, or nobody asks for it.
    func layOut(for task: StepTask) async -> Problem? {
        let name = EngineMode.evidenceVariable
        guard let path = task.variables[name], let id = task.variables["incident"],
            task.action.templates.contains(where: { $0.variables.contains(name) })
        else { return nil }
        do {
            guard let record = try await incident(id) else {
                return Problem(
                    text: "the evidence of \(id) is not stored, so ${\(name)} has no file")
            }
            let bytes = try WireJSON.encode(IncidentDetail(incident: record, timeline: []))
            return await aside { [directory, makeRoom] in
                let problem = Self.write(bytes, path, in: directory)
                guard problem?.isNoRoom ?? false, makeRoom() else { return problem }
                return Self.write(bytes, path, in: directory)
            }
        } catch {
            return Problem(text: "the evidence of \(id) cannot be read for ${\(name)}: \(error)")
        }
    }

    private static func write(_ bytes: [UInt8], _ path: String, in directory: String) -> Problem? {
        do throws(SystemError) {
            try Directory.make(directory, mode: 0o700)
            try File.writeAtomically(path, bytes)
            return nil
        } catch {
            return Problem(
                text: "the evidence cannot be laid out for ${\(EngineMode.evidenceVariable)}: "
                    + "\(error); watchd's user must be able to write there, and there must be room",
                isNoRoom: error.isNoRoom)
        }
    }

    func removeOld(now: WallTime) async {
        await aside { [directory] in
            for name in Directory.names(in: directory) {
                let path = "\(directory)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { continue }
                let changed = WallTime.seconds(Double(status.st_mtim.tv_sec))
                if now - changed > Self.kept { unlink(path) }
            }
        }
    }

    /// On a thread of its own: a disk may be slow.
    private func aside<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { done in
            if !startThread({ done.resume(returning: work()) }) { done.resume(returning: work()) }
        }
    }
}
