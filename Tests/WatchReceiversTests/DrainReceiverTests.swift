// Real senders of lines over HTTP: curl, with what Vercel sends.

import Foundation
import Testing
import WatchCore
import WatchStreams
import WatchSystem

@testable import WatchReceivers

@Suite(.timeLimit(.minutes(10))) struct DrainReceiverTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-drain-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    static func listen(
        _ listener: DrainListener = DrainListener(host: "127.0.0.1", port: 0),
        bounds: DrainBounds = DrainBounds()
    ) throws -> Listening {
        var stream = StreamConfiguration(name: "web", kind: .drain(listener), format: .json)
        stream.roles[.status] = .init(.path(try JSONPath("$.proxy.statusCode")))
        return try Listening(stream) { stream, inbox in
            guard case .drain(let listener) = stream.kind else { return nil }
            return DrainReceiver(
                listener, isJSON: true, inbox: inbox, secrets: Secrets(), bounds: bounds)
        }
    }

    /// Status, and all that was answered.
    private func post(
        _ body: String, to port: Int, path: String = "/", _ options: [String] = []
    ) async throws -> (status: String, text: String) {
        let command =
            [
                "curl", "-s", "-i", "--max-time", "20", "-X", "POST", "--data-binary", "@-",
                "-H", "Content-Type: application/json",
            ] + options + ["http://127.0.0.1:\(port)\(path)"]
        let text = try await run(command, body).text
        // The last status line: one of 100 may come before.
        let heads = text.components(separatedBy: "HTTP/1.1 ").dropFirst()
        return (String(heads.last?.prefix(3) ?? ""), text)
    }

    private func line(_ status: Int) -> String {
        """
        {"id":"15738","message":"hello","timestamp":1573817250172,"source":"lambda",\
        "proxy":{"method":"GET","path":"/api","statusCode":\(status)},"statusCode":\(status)}
        """
    }

    @Test func arraysLinesAndOneObjectAreLines() async throws {
        let listening = try Self.listen()
        let port = await listening.port
        let (good, bad) = (line(200), line(502))
        for body in [
            "[\(good),\(bad)]", "\(good)\n\(bad)\n", bad, "",
            "{\n \"proxy\": {\n  \"statusCode\": 500\n }\n}\n",
        ] { #expect(try await post(body, to: port).status == "200", "\(body)") }
        let text = try await post(
            "\(good)\n", to: port, ["-H", "Content-Type: text/plain; charset=utf-8"])
        #expect(text.status == "200")
        await listening.wait { $0.counted >= 7 }
        listening.stop()
        let sum = listening.seen
        #expect(sum.counted == 7)
        #expect(sum.errors == 4)
        #expect(sum.losses == .init())
    }

    @Test func packedBodiesAreUnpackedAsFarAsTheyMayGrow() async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.maxBody = 100_000
        let listening = try Self.listen(listener)
        let port = await listening.port
        func packed(_ text: String) async throws -> String {
            let plain = folder.appendingPathComponent("body")
            try text.write(to: plain, atomically: false, encoding: .utf8)
            _ = try await run(["gzip", "-kf", plain.path])
            let options = [
                "-H", "Content-Encoding: gzip", "--data-binary", "@\(plain.path).gz",
            ]
            return try await run(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"] + options + [
                    "http://127.0.0.1:\(port)/"
                ]
            ).text
        }
        #expect(try await packed(line(500) + "\n" + line(200)) == "200")
        // Some kilobytes that grow to a megabyte.
        #expect(try await packed(String(repeating: "[1]\n", count: 250_000)) == "413")
        let broken = try await post("no gzip", to: port, ["-H", "Content-Encoding: gzip"])
        #expect(broken.status == "400")
        #expect(broken.text.contains("cannot be unpacked"))
        let other = try await post("x", to: port, ["-H", "Content-Encoding: br"])
        #expect(other.status == "415")
        await listening.wait { $0.losses.unparsed == 1 && $0.losses.dropped == 1 }
        listening.stop()
        #expect(listening.seen.counted == 2)
    }

    @Test(arguments: [DrainListener.Signature.Algorithm.sha1, .sha256])
    func onlyWhatIsSignedIsTaken(algorithm: DrainListener.Signature.Algorithm) async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.signature = DrainListener.Signature(
            header: "x-vercel-signature", algorithm: algorithm,
            secret: try Template("${credential:key}"))
        let listening = try Self.listen(listener)
        let port = await listening.port
        let body = "[\(line(500))]"
        let openssl = ["openssl", "dgst", "-\(algorithm.rawValue)", "-hmac", "the key"]
        let hex = try await run(openssl + ["-r"], body).text.prefix { $0 != " " }
        let base64 = try await run(
            [
                "bash", "-c",
                (openssl + ["-binary"]).map { "'\($0)'" }.joined(separator: " ")
                    + " | base64 -w0",
            ], body
        ).text
        for (value, status) in [
            ("\(hex)", "200"), ("\(algorithm.rawValue)=\(hex)", "200"), (base64, "200"),
            (hex.uppercased(), "200"), ("\(hex.dropLast())\(hex.last == "0" ? 1 : 0)", "401"),
            ("", "401"), ("\(hex)00", "401"), ("nonsense", "401"),
        ] {
            let answer = try await post(
                body, to: port, ["-H", "X-Vercel-Signature: \(value)"])
            #expect(answer.status == status, "\(value)")
        }
        #expect(try await post(body, to: port).status == "401")
        #expect(
            try await post(body + " ", to: port, ["-H", "x-vercel-signature: \(hex)"]).status
                == "401")
        await listening.wait { $0.counted >= 4 }
        listening.stop()
        // Who is turned away can neither be counted nor blind the stream.
        let sum = listening.seen
        #expect(sum.counted == 4)
        #expect(sum.losses == .init())
    }

    /// What nobody has signed yet may be anybody's, however much room there is.
    @Test func strangersWhoFindNoRoomDoNotBlindASignedStream() async throws {
        var bounds = DrainBounds()
        bounds.bytes = 10
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.signature = DrainListener.Signature(
            header: "x-vercel-signature", algorithm: .sha1,
            secret: try Template("${credential:key}"))
        let signed = try Self.listen(listener, bounds: bounds)
        let forged = ["-H", "x-vercel-signature: \(String(repeating: "0", count: 40))"]
        let answer = try await post(line(500), to: await signed.port, forged)
        #expect(answer.status == "503", "\(answer)")
        signed.stop()
        #expect(signed.seen.losses == .init())
        // Where nobody has to sign it may have been the true one.
        let open = try Self.listen(bounds: bounds)
        #expect(try await post(line(500), to: await open.port).status == "503")
        await open.wait { $0.losses.dropped == 1 }
        open.stop()
    }

    @Test func onlyWhoHasTheTokenIsHeard() async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.token = try Template("${credential:token}")
        listener.path = "/logs"
        let listening = try Self.listen(listener)
        let port = await listening.port
        for (path, token, status) in [
            ("/logs", "Bearer the token", "200"), ("/logs?x=1", "bearer the token", "200"),
            ("/logs", "Bearer the toke", "401"), ("/logs", "Basic the token", "401"),
            ("/other", "Bearer the token", "404"), ("/logs", "", "401"),
        ] {
            let answer = try await post(
                line(200), to: port, path: path, ["-H", "Authorization: \(token)"])
            #expect(answer.status == status, "\(path) \(token)")
        }
        listening.stop()
        #expect(listening.seen.counted == 2)
    }

    /// https://vercel.com/docs/drains: a request whose answer has the code proves the endpoint.
    @Test func vercelIsAnsweredItsCode() async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.verify = Template(literal: "code-7")
        listener.signature = DrainListener.Signature(
            header: "x-vercel-signature", algorithm: .sha1,
            secret: try Template("${credential:key}"))
        let listening = try Self.listen(listener)
        let url = "http://127.0.0.1:\(await listening.port)/"
        let asked = try await run(["curl", "-s", "-i", url]).text.lowercased()
        #expect(asked.hasPrefix("http/1.1 200"))
        #expect(asked.contains("x-vercel-verify: code-7\r\n"))
        let posted = try await post("{}", to: await listening.port).text.lowercased()
        #expect(posted.contains("x-vercel-verify: code-7\r\n"))
        listening.stop()
        let plain = try Self.listen()
        let other = "http://127.0.0.1:\(await plain.port)/"
        #expect(try await run(["curl", "-s", "-i", other]).text.hasPrefix("HTTP/1.1 405"))
        plain.stop()
    }

    @Test func aBodyThatIsNoJSONIsRefusedWithTheReasonAndCounts() async throws {
        let listening = try Self.listen()
        let port = await listening.port
        let answer = try await post("[\(line(500)) \(line(500))]", to: port)
        #expect(answer.status == "400")
        #expect(answer.text.contains("a comma is missing between two elements"))
        // A line that is none costs no other.
        #expect(try await post("oh no\n\(line(500))", to: port).status == "200")
        await listening.wait { $0.counted == 1 && $0.losses.unparsed == 2 }
        listening.stop()
        #expect(listening.seen.counted == 1)
    }

    @Test(arguments: [[], ["-H", "Transfer-Encoding: chunked"]])
    func aBodyThatIsTooBigIsRefusedAndItsLinesAreMissing(options: [String]) async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.maxBody = 1024
        let listening = try Self.listen(listener)
        let body = String(repeating: "{}\n", count: 100_000)
        let answer = try await post(body, to: await listening.port, options)
        #expect(answer.status == "413")
        #expect(answer.text.contains("more than 1024 bytes"))
        await listening.wait { $0.losses.dropped == 1 }
        listening.stop()
    }

    @Test func aKeyThatCannotBeReadIsAReason() async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.token = try Template("${credential:gone}")
        let listening = try Self.listen(listener)
        #expect(try await post("{}", to: await listening.port).status == "503")
        await listening.wait { !$0.isReading }
        #expect(listening.seen.reason.contains("${credential:gone}"))
        listening.stop()
    }

    /// The sender is told to come again, and the stream is blind meanwhile.
    @Test func whatFindsNoRoomIsToBeSentAgain() async throws {
        let listening = try Self.listen()
        let port = await listening.port
        let (first, body) = (line(200), String(repeating: line(200) + "\n", count: 18_000))
        await listening.wait { $0.isReading }
        listening.hold()
        // Its thread is about to hand this over, and takes nothing more out.
        #expect(try await post(first, to: port).status == "200")
        var refused = ""
        var taken = 1
        for _ in 0..<20 where refused.isEmpty {
            let answer = try await post(body, to: port)
            if answer.status == "200" { taken += 18_000 } else { refused = answer.text }
        }
        #expect(refused.contains("503 Service Unavailable"))
        #expect(refused.lowercased().contains("retry-after: 1"))
        listening.release()
        await listening.wait { [taken] in $0.counted == taken && $0.losses.dropped == 18_000 }
        #expect(try await post(body, to: port).status == "200")
        listening.stop()
    }

    @Test func aRestartListensAtTheSamePlaceAndASecondOneSaysWhyItCannot() async throws {
        let first = try Self.listen()
        let listener = DrainListener(host: "127.0.0.1", port: await first.port)
        #expect(try await post("{}", to: listener.port).status == "200")
        let second = try Self.listen(listener)
        await second.wait { !$0.reason.isEmpty }
        #expect(
            second.seen.reason.contains(
                "listens at http 127.0.0.1:\(listener.port)"))
        second.stop()
        first.stop()
        let third = try Self.listen(listener)
        await third.wait { $0.isReading }
        #expect(try await post("{}", to: await third.port).status == "200")
        third.stop()
    }
}
