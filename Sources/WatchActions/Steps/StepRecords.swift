// What a step leaves on disk, as JSON. `claim` and `exit` are written by watchd-step, `unit` by
// the runner itself. Older formats are read; a newer one is refused.

import FoundationEssentials
import WatchCore

/// The step began, under this process.
struct Claim: Codable {
    static let fileName = "claim"

    var format = 1
    var bootID: String
    /// 0: the runner claimed it so that it can never begin.
    var pid: Int32
    /// Field 22 of /proc/PID/stat.
    var pidStart: UInt64
}

/// How the step ended.
struct ExitRecord: Codable {
    static let fileName = "exit"

    enum Ending: String, Codable {
        case exited, signalled, timedOut, cancelled, couldNotStart
    }

    var format = 1
    var ending: Ending
    /// Exit status or signal number.
    var code = 0
    var message = ""
    /// Seconds.
    var took = 0.0
    /// What the program printed, in bytes, and how much of it was not kept.
    var outputBytes = 0
    var dropped = 0
    /// Processes it left behind, which were killed.
    var leftovers = 0
    /// Of its answer, where that is kept apart; nil in records of before it was.
    var answerDropped: Int?
}

/// What was made of a program's end and its answer. Only written where the answer is then changed,
/// since it cannot be judged again.
struct JudgedRecord: Codable {
    static let fileName = "judged"

    var format = 1
    var result: TaskResult
}

/// A unit is about to be started; what its log and its invocation were just before.
struct UnitIntent: Codable {
    static let fileName = "unit.json"

    var format = 1
    var bootID: String
    var unit: String
    /// Lines its log had.
    var linesBefore: Int
    /// Its last invocation, empty when there was none.
    var invocationBefore: String
    /// Nanoseconds since boot.
    var began: Int64
    /// Which run of systemd it was; nil: it did not say, or in records of before it was asked.
    var systemRun: String?
}

/// A record is there and does not help; as a sentence.
struct RecordError: Error {
    var message: String

    static func noTask(_ id: String) -> RecordError {
        RecordError(message: "'\(printable(id, limit: 40))' is no task id")
    }
}

private struct Format: Codable {
    var format: Int
}

enum RecordCoding {
    static func decode<T: Codable>(
        _ type: T.Type, _ bytes: [UInt8], _ path: String
    ) throws(RecordError) -> T {
        do {
            let data = Data(bytes)
            let format = try JSONDecoder().decode(Format.self, from: data).format
            guard format <= 1 else {
                throw RecordError(
                    message: "\(path) was written by a newer watchd (format \(format)); "
                        + "install that one again")
            }
            return try JSONDecoder().decode(type, from: data)
        } catch let error as RecordError {
            throw error
        } catch {
            throw RecordError(message: "\(path) is damaged")
        }
    }

    static func encode(_ record: some Codable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Plain numbers and strings; encoding them cannot fail.
        return (try? encoder.encode(record)).map { Array($0) + [10] } ?? []
    }
}
