// The program that was built beside the tests.

public import Foundation

public struct ProgramResult: Sendable {
    public var status: Int32
    public var output: String
    public var errors: String
}

/// Runs `watchctl` with a file, or nothing, as its standard input.
public func watchctl(
    _ arguments: [String], input: String? = nil, directory: URL? = nil
) async throws -> ProgramResult {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let base = FileManager.default.temporaryDirectory
        .appendingPathComponent("watchctl-\(UUID().uuidString)").path
    let names = [base + ".out", base + ".err"]
    for name in names { _ = FileManager.default.createFile(atPath: name, contents: nil) }
    defer { for name in names { try? FileManager.default.removeItem(atPath: name) } }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent()
        .appendingPathComponent("watchctl")
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin"]
    process.currentDirectoryURL = directory
    process.standardInput =
        input.flatMap { FileHandle(forReadingAtPath: $0) }
        ?? FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: names[0])
    process.standardError = FileHandle(forWritingAtPath: names[1])
    let (ended, end) = AsyncStream<Void>.makeStream()
    process.terminationHandler = { _ in end.finish() }
    try process.run()
    for await _ in ended {}
    return ProgramResult(
        status: process.terminationStatus,
        output: try String(contentsOfFile: names[0], encoding: .utf8),
        errors: try String(contentsOfFile: names[1], encoding: .utf8))
}
