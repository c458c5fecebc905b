// From the errors of SQLite to ours, and what is done about a full disk.

import GRDB
import WatchCore

extension Result where Failure == StoreError {
    /// What `body` returns or throws, as one of our errors.
    static func of(_ file: String, _ body: () throws -> Success) -> Self {
        do {
            return .success(try body())
        } catch {
            return .failure(StoreError(error, file: file))
        }
    }
}

extension StoreError {
    init(_ error: any Error, file: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError:
            let detail = error.message ?? "unknown error"
            switch error.resultCode {
            case .SQLITE_FULL: self = .full(file: file)
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(file: file)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(file: file, detail: detail)
            default:
                self = .database(
                    file: file, code: error.extendedResultCode.rawValue, detail: detail)
            }
        default: self = .database(file: file, code: 1, detail: "\(error)")
        }
    }
}

extension Reserve {
    /// Runs `body`; when it fails for want of space, gives the reserve up and runs it once more.
    func freed<T>(for file: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError where isFull(error) {
            guard giveUp() else { throw StoreError.full(file: file) }
            do {
                return try body()
            } catch let error as DatabaseError where isFull(error) {
                throw StoreError.full(file: file)
            }
        }
    }

    /// SQLite says SQLITE_FULL where write(2) had no space; where another call had none (making
    /// the shared-memory file, a sync) it says "I/O error", so the disk is asked.
    private func isFull(_ error: DatabaseError) -> Bool {
        switch error.resultCode {
        case .SQLITE_FULL: true
        case .SQLITE_IOERR, .SQLITE_CANTOPEN: hasNoSpace
        default: false
        }
    }
}
