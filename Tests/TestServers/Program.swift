// Programs that tests run, those that were built beside them among these.

public import Foundation

public struct ProgramResult: Sendable {
    public var status: Int32
    public var output: String
    public var errors: String
}

/// Runs a program to its end; its output goes through files, so that no pipe can fill.
/// - Parameter input: a file that is its standard input; nil: nothing.
public func runProgram(
    _ path: String, _ arguments: [String], environment: [String: String] = [:],
    input: String? = nil, directory: URL? = nil
) async throws -> ProgramResult {
    let base = FileManager.default.temporaryDirectory
        .appendingPathComponent("watchd-test-\(UUID().uuidString)").path
    let names = [base + ".out", base + ".err"]
    for name in names { _ = FileManager.default.createFile(atPath: name, contents: nil) }
    defer { for name in names { try? FileManager.default.removeItem(atPath: name) } }
    let process = ChildProcess()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 }
    process.currentDirectoryURL = directory
    process.standardInput =
        input.flatMap { FileHandle(forReadingAtPath: $0) } ?? FileHandle.nullDevice
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

/// A program that was built beside the tests.
public func program(_ name: String) throws -> URL {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name)
}

public func watchctl(
    _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
    directory: URL? = nil
) async throws -> ProgramResult {
    try await runProgram(
        try program("watchctl").path, arguments, environment: environment, input: input,
        directory: directory)
}
