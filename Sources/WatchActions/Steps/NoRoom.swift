// A full disk, noticed before anything of a task began: it waits, and has not failed.

import Glibc
import WatchCore
import WatchSystem

/// The task surely did not begin, for nothing but want of room for its own records; a sentence.
struct NoRoom: Error {
    var message: String

    init(in settings: StepSettings) {
        message =
            "no space left for the records of steps in \(settings.directory), the reserve "
            + "included; free some space on its disk"
    }
}

extension StepSettings {
    /// Once more with what is kept for bad times, where there is no room otherwise.
    func withReserve<T>(_ body: () throws(SystemError) -> T) throws(SystemError) -> T {
        do throws(SystemError) {
            return try body()
        } catch {
            guard error.isNoRoom, makeRoom() else { throw error }
            return try body()
        }
    }
}

extension StepRunner {
    /// More than the records of a step take: who goes on with the last free block stops again at
    /// the next.
    private static let roomNeeded: off_t = 256 << 10

    /// Whether steps can be recorded (again): it is tried, since a quota is not seen otherwise.
    public func hasRoom() async -> Bool {
        let trial = settings.directory + "/room"
        return await OwnThread.run {
            let file = open(trial, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { return false }
            // At once: whoever is killed meanwhile leaves nothing behind.
            unlink(trial)
            defer { close(file) }
            let full = posix_fallocate(file, 0, Self.roomNeeded)
            return full == 0 || full == EOPNOTSUPP
        }
    }
}
