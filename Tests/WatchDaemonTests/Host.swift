// A small host in a directory of its own: a service with a link that names its release, its log,
// a plan of two steps that must never run twice, a chat, and the daemon that watches it all.

import Foundation
import Testing
import WatchCore

final class Host: Sendable {
    static let good = "1.9.0"
    static let bad = "2.0.0"

    let root: String
    let chat: Chat
    let traffic: Traffic

    /// - Parameters:
    ///   - steps: of the plan's one method; nil: `note` and `link`, neither of them idempotent.
    init(chatIsUp: Bool = true, versions: String? = nil, steps: String? = nil) throws {
        var template = Array("/tmp/watchd-daemon-XXXXXX".utf8CString)
        root = try #require(mkdtemp(&template).map { String(cString: $0) })
        chat = try #require(Chat(isUp: chatIsUp))
        traffic = Traffic(log: root + "/access.log", link: root + "/current")
        for folder in ["state", "releases/\(Self.good)", "releases/\(Self.bad)"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(folder)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        try deploy(Self.good)
        try write(
            "note",
            script(
                "echo note >> \(root)/runs\necho $PPID > \(root)/shim\n"
                    + "[ ! -p \(root)/hold ] || read x < \(root)/hold || :"
            ))
        try write("link", script("echo \"link $1\" >> \(root)/runs\n\(relink("$1"))"))
        let sources = versions ?? "{ symlink: \(root)/current, every: 500ms }"
        try write("watchd.yaml", configuration(versions: sources, steps: steps ?? self.steps))
    }

    deinit {
        traffic.stop()
        chat.stop()
        try? FileManager.default.removeItem(atPath: root)
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func script(_ body: String) -> String { "#!/bin/sh\nset -eu\n\(body)\n" }

    /// Shell words that let the link name another release at one stroke.
    func relink(_ version: String) -> String {
        "ln -sfn \"releases/\(version)\" \(root)/current.$$\n"
            + "mv -T \(root)/current.$$ \(root)/current"
    }

    func write(_ name: String, _ text: String, mode: Int = 0o755) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    func deploy(_ version: String) throws {
        let new = path("current.\(UUID().uuidString)")
        try FileManager.default.createSymbolicLink(
            atPath: new, withDestinationPath: "releases/\(version)")
        try #require(rename(new, path("current")) == 0)
    }

    var release: String {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path("current"))
        return target?.split(separator: "/").last.map(String.init) ?? ""
    }

    func text(_ name: String) -> String {
        (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? ""
    }

    /// What the steps did, a line each.
    var runs: [String] { text("runs").split(separator: "\n").map(String.init) }

    /// What they do in a rollback during which nothing is done twice.
    static let onceEach = ["note", "link \(good)"]

    /// From now on the step `note` hangs, once it has left its note, until it is let go.
    func holdNote() throws { try #require(mkfifo(path("hold"), 0o600) == 0) }

    /// Returns when the step hangs. Closing the descriptor lets it go.
    func stepIsHeld() async -> Int32 {
        let path = path("hold")
        return await onThread { open(path, O_WRONLY | O_CLOEXEC) }
    }

    var steps: String {
        """
                  - { name: note, exec: ["\(root)/note"], timeout: 25s }
                  - { name: link, exec: ["\(root)/link", "${to.version}"], timeout: 25s }
        """
    }

    func configuration(versions: String, steps: String) -> String {
        let format =
            #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
            + #""$http_referer" "$http_user_agent" $request_time"#
        return """
            services:
              shop:
                version: [ \(versions) ]
                bake: 3s
                warm_up: 2s
                clear_for: 2s
                streams:
                  access: { file: \(root)/access.log, format: '\(format)' }
                triggers:
                  - { name: storm, severity: critical, mode: auto,
                      when: "error_rate(access, 5s) > 25%" }
                rollback: { plan: shop }
            limits: { max_rollbacks: 10, per: 24h, cooldown: 1s }
            plans:
              shop:
                budget: 2m
                methods:
                  - name: link
                    steps:
            \(steps)
                verify: { land_within: 10s, settle: 1s, clear_for: 2s, timeout: 15s,
                          when: ["error_rate(access, 5s) < 1%"] }
                probation: 1m
            channels:
              chat: { webhook: "\(chat.url)" }
            routes:
              oncall: [ { to: [chat] } ]
              team:   [ { to: [chat] } ]

            """
    }
}

/// Runs what blocks on a thread of its own.
func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { done in
        Thread { done.resume(returning: body()) }.start()
    }
}
