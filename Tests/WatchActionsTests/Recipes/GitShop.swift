// A repository as a recipe finds it: a remote with a good commit and what came after, and the place
// of a clone that the recipe makes for itself.

import Foundation
import TestServers
import Testing

final class GitShop: Sendable {
    let directory = FileManager.default.temporaryDirectory.appending(
        path: "watchd-git-\(UUID().uuidString)"
    ).path()
    let good: String
    let bad: String

    var remote: String { directory + "/remote.git" }
    /// Not there yet.
    var clone: String { directory + "/clone" }
    private var developer: String { directory + "/developer" }

    /// - Parameter merges: whether the bad release is the merge of a branch.
    init(merges: Bool = false) async throws {
        let developer = directory + "/developer"
        func git(_ arguments: String...) async throws -> String {
            try await Self.git(["-C", developer] + arguments)
        }
        func commit(_ file: String, _ text: String, _ message: String) async throws -> String {
            try Data("\(text)\n".utf8).write(to: URL(filePath: "\(developer)/\(file)"))
            _ = try await git("add", file)
            _ = try await git("commit", "--quiet", "-m", message)
            return try await git("rev-parse", "HEAD")
        }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let remote = directory + "/remote.git"
        _ = try await Self.git(["init", "--quiet", "--bare", "--initial-branch=main", remote])
        _ = try await Self.git(["clone", "--quiet", remote, developer])
        _ = try await git("checkout", "--quiet", "-B", "main")
        good = try await commit("page", "good", "good")
        if merges {
            _ = try await git("checkout", "--quiet", "-b", "feature")
            _ = try await commit("feature", "new", "a feature")
            _ = try await git("checkout", "--quiet", "main")
            _ = try await commit("page", "bad", "bad")
            _ = try await git("merge", "--quiet", "--no-ff", "-m", "merge it", "feature")
            bad = try await git("rev-parse", "HEAD")
        } else {
            _ = try await commit("page", "bad", "bad, part one")
            bad = try await commit("page", "worse", "bad, part two")
        }
        _ = try await git("push", "--quiet", "origin", "main")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// What git says of the remote.
    func told(_ arguments: String...) async throws -> String {
        try await Self.git(["--git-dir", remote] + arguments)
    }

    /// The clone is there, in the midst of a revert that failed.
    func getStuck() async throws {
        _ = try await Self.git(["clone", "--quiet", remote, clone])
        let result = try await runProgram(
            "/usr/bin/git", ["-C", clone, "revert", "--no-edit", "\(good)..\(bad)"],
            environment: Self.environment)
        try #require(result.status != 0)
        try #require(FileManager.default.fileExists(atPath: clone + "/.git/sequencer"))
    }

    private static let environment = [
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
    ]

    private static func git(_ arguments: [String]) async throws -> String {
        let result = try await runProgram("/usr/bin/git", arguments, environment: environment)
        try #require(result.status == 0, "git \(arguments): \(result.errors)")
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
