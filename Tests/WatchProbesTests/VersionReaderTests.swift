import Foundation
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct VersionReaderTests {
    private func read(
        _ kind: VersionSource.Kind, timeout: Duration = .minutes(10)
    ) async -> VersionReading.Answer {
        let prober = LiveProber(client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
        return await prober.read(
            VersionSource(kind: kind, every: .seconds(15), timeout: timeout)
        ).answer
    }

    private func reason(_ answer: VersionReading.Answer) -> String? {
        if case .unavailable(let reason) = answer { reason } else { nil }
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "watchd-version-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func http(
        headers: [String] = [], status: Int = 200, body: String,
        extraction: VersionSource.Extraction? = nil
    ) async throws -> VersionReading.Answer {
        var answer: VersionReading.Answer?
        let json = VersionSource.Extraction.json([
            "version": try path("$.version"), "commit": try path("$.commit"),
            "deployment": try path("$.id"),
        ])
        try await withServer {
            $0.answer(status, headers, body)
        } _: { server in
            let spec = HTTPRequestSpec(url: try Template(server.url))
            answer = await read(.http(spec, extraction ?? json))
            #expect(server.requests.first?.contains("Cache-Control: no-cache\r\n") == true)
        }
        return try #require(answer)
    }

    // MARK: - Links and files

    @Test func aLinkNamesTheReleaseItPointsTo() async throws {
        try await withDirectory { directory in
            let files = FileManager.default
            try files.createDirectory(
                atPath: directory + "/releases/1.9.0", withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: directory + "/current", withDestinationPath: "releases/1.9.0/")
            #expect(
                await read(.symlink(path: directory + "/current"))
                    == .version("1.9.0", commit: nil, fields: [:]))
        }
    }

    @Test func linksThatLeadNowhereAreUnavailableAndSayWhy() async throws {
        try await withDirectory { directory in
            let files = FileManager.default
            for (name, target) in [("loop", "loop"), ("gone", "1.9.0"), ("up", "..")] {
                try files.createSymbolicLink(
                    atPath: "\(directory)/\(name)", withDestinationPath: target)
            }
            let expected = [
                "loop": "circle", "gone": "nothing at its end", "up": "not of the form",
                "missing": "No such file", "": "not a symbolic link",
            ]
            for (name, words) in expected {
                let answer = await read(
                    .symlink(path: name.isEmpty ? directory : "\(directory)/\(name)"))
                #expect(reason(answer)?.contains(words) == true, "\(name): \(answer)")
            }
        }
    }

    @Test func aFileNamesTheReleaseInItsFirstLine() async throws {
        try await withDirectory { directory in
            try Data(" 2.0.1 \r\nbuilt by CI\n".utf8).write(
                to: URL(fileURLWithPath: directory + "/VERSION"))
            #expect(
                await read(.file(path: directory + "/VERSION", pattern: nil))
                    == .version("2.0.1", commit: nil, fields: [:]))
        }
    }

    @Test func filesThatCannotBeAVersionAreUnavailable() async throws {
        try await withDirectory { directory in
            let contents = [
                "empty": "", "traversal": "../../etc/passwd\n", "space": "1.0 beta\n",
                "large": String(repeating: "x", count: 70_000), "marked": "\u{FEFF}1.9.0\n",
            ]
            for (name, content) in contents {
                try Data(content.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
            }
            let expected = [
                "empty": "is empty", "traversal": "not of the form", "space": "not of the form",
                "large": "larger than 64 KB", "missing": "No such file",
                "marked": "byte order mark",
            ]
            for (name, words) in expected {
                let answer = await read(.file(path: "\(directory)/\(name)", pattern: nil))
                #expect(reason(answer)?.contains(words) == true, "\(name): \(answer)")
            }
        }
    }

    @Test func aPipeThatNobodyWritesToHoldsUpNobody() async throws {
        try await withDirectory { directory in
            _ = try output(of: ["mkfifo", directory + "/pipe"])
            let answer = await read(.file(path: directory + "/pipe", pattern: nil))
            #expect(reason(answer)?.hasSuffix("is empty") == true)
        }
    }

    // MARK: - HTTP

    @Test func jsonNamesVersionCommitAndFields() async throws {
        let answer = try await http(
            body: #"{"version": "1.9.0", "commit": "0a1b2c3", "id": 4711}"#)
        #expect(
            answer == .version("1.9.0", commit: "0a1b2c3", fields: ["deployment": "4711"]))
    }

    @Test func whatIsMissingBesidesTheVersionIsLeftOut() async throws {
        let answer = try await http(body: #"{"version": "1.9.0", "commit": null, "id": "a b"}"#)
        #expect(answer == .version("1.9.0", commit: nil, fields: [:]))
    }

    @Test func aHeaderNamesTheVersion() async throws {
        let answer = try await http(
            headers: ["X-Version: 3.1"], body: "", extraction: .header("x-version"))
        #expect(answer == .version("3.1", commit: nil, fields: [:]))
    }

    @Test func aPatternFindsTheVersionInTheBody() async throws {
        let body = "<html><footer>shop build 3.2.1, all rights reserved</footer></html>"
        #expect(
            try await http(body: body, extraction: .pattern("build ([0-9.]+)"))
                == .version("3.2.1", commit: nil, fields: [:]))
        let other = try await http(body: body, extraction: .pattern("release ([0-9.]+)"))
        #expect(reason(other) != nil, "\(other)")
    }

    @Test(
        "answers that are no version are unavailable and say why",
        arguments: [
            ("", "it is empty"), ("<html>Not found</html>", "not JSON"), ("{}", "is missing"),
            (#"{"version": "../../etc"}"#, "not of the form"),
            (#"{"version": "1.0; rm -rf /"}"#, "not of the form"),
            (#"{"version": 1.10}"#, "make it a string"),
            (#"{"version": {"major": 1}}"#, "make it a string"),
            (#"{"version": "1.0", "commit": "$(id)"}"#, "the commit is not usable"),
        ])
    func uselessAnswers(body: String, words: String) async throws {
        let answer = try await http(body: body)
        #expect(reason(answer)?.contains(words) == true, "\(answer)")
    }

    @Test(
        "a cached answer is no answer",
        arguments: [
            "Age: 12", "Age: soon", "X-Cache: HIT", "X-Cache: Hit from cloudfront",
            "Cf-Cache-Status: HIT", "CF-Cache-Status: STALE", "X-Cache: TCP_HIT",
            "X-Cache: MISS, HIT", "Cache-Status: ExampleCache; hit; ttl=30", "X-Vercel-Cache: HIT",
        ])
    func cachedAnswers(header: String) async throws {
        let answer = try await http(headers: [header], body: #"{"version": "1.0"}"#)
        #expect(reason(answer)?.contains("came from a cache (\(header))") == true, "\(answer)")
    }

    @Test(
        "an answer of the origin counts",
        arguments: [
            "Age: 0", "X-Cache: MISS", "Cf-Cache-Status: DYNAMIC", "X-Cache: TCP_REFRESH_HIT",
            "Cache-Status: ExampleCache; fwd=miss", "X-Cache: RefreshHit from cloudfront",
        ])
    func originAnswers(header: String) async throws {
        let answer = try await http(headers: [header], body: #"{"version": "1.0"}"#)
        #expect(answer == .version("1.0", commit: nil, fields: [:]))
    }

    @Test func anErrorStatusIsNoAnswer() async throws {
        let answer = try await http(status: 503, body: #"{"version": "1.0"}"#)
        #expect(reason(answer) == "status 503, expected 2xx")
    }

    @Test func aBodyWithoutEndIsUnavailable() async throws {
        try await withServer { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
            let piece = [UInt8](repeating: 65, count: 65536)
            while connection.write(piece) {}
        } _: { server in
            let spec = HTTPRequestSpec(url: try Template(server.url), maxBody: 65536)
            let answer = await read(.http(spec, .json(["version": try path("$.v")])))
            #expect(reason(answer)?.contains("larger than 65536 bytes") == true)
        }
    }

    @Test func aSlowDripIsUnavailable() async throws {
        try await withServer { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while connection.write(" ") { connection.pause(milliseconds: 20) }
        } _: { server in
            let spec = HTTPRequestSpec(url: try Template(server.url))
            let answer = await read(
                .http(spec, .json(["version": try path("$.v")])), timeout: .milliseconds(200))
            #expect(reason(answer)?.contains("reading the answer") == true)
        }
    }
}
