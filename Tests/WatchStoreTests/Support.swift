// A state directory of one test, and records to put into it.

import FoundationEssentials
import GRDB
import Glibc
import Testing
import WatchCore
import WatchStore

/// A directory that is made for one test and removed with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/watchd-store-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) } != nil
        }
        try #require(made)
        path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var state: String { path + "/state" }

    func open(bootID: String = "boot-1") throws -> Store {
        try Store(directory: state, bootID: bootID)
    }

    func file(_ name: String) -> String { state + "/" + name }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: file(name))))
    }

    func put(_ bytes: [UInt8], _ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file(name)))
    }

    /// Whatever went wrong with opening it.
    func refusal() -> StoreError? {
        do throws(StoreError) {
            let store = try Store(directory: state, bootID: "boot-1")
            store.close()
            return nil
        } catch {
            return error
        }
    }
}

let noon = WallTime(nanoseconds: 1_795_262_400_000_000_000)

func event(
    _ text: String, at time: WallTime = noon, service: String? = nil, incident: String? = nil
) -> EventRecord {
    EventRecord(time: time, service: service, incident: incident, kind: "test", text: text)
}

func outbox(_ id: String, at time: WallTime = noon, channel: String = "ops") -> OutboxMessage {
    OutboxMessage(
        id: id, channel: channel,
        message: Message(
            kind: .page, time: time, service: "shop", title: "title of \(id)", text: "text",
            dedupKey: "shop-1"))
}

func incident(
    _ id: String, _ state: IncidentState = .open, opened: WallTime = noon,
    closed: WallTime? = nil
) -> IncidentRecord {
    IncidentRecord(
        id: id, service: "shop", state: state, severity: .critical, opened: opened,
        closed: closed)
}

/// Runs a statement on the database of a store that is closed.
func alter(_ file: String, _ statement: String) throws {
    let queue = try DatabaseQueue(path: file)
    try queue.inDatabase { try $0.execute(sql: statement) }
    try queue.close()
}
