// What receivers get, and what their answers mean.

import FoundationEssentials
import Testing
import WatchCore

@testable import WatchActions

struct ChannelShapeTests {
    /// What Slack refuses (Block Kit reference), as a judge.
    private func judge(_ body: [UInt8]) throws -> JSONValue {
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(body))
        guard case .array(let blocks) = json[try JSONPath("$.blocks")] else {
            Issue.record("no blocks")
            return json
        }
        #expect((1...50).contains(blocks.count))
        for block in blocks {
            guard case .object(let members) = block else { continue }
            if case .object(let text) = members["text"] { check(text["text"], 3000) }
            if case .array(let fields) = members["fields"] {
                #expect((1...10).contains(fields.count))
                for case .object(let field) in fields { check(field["text"], 2000) }
            }
            if case .array(let elements) = members["elements"] {
                #expect((1...10).contains(elements.count))
            }
        }
        check(json[try JSONPath("$.text")], 4000)
        return json
    }

    private func check(_ text: JSONValue?, _ limit: Int) {
        guard case .string(let text) = text else {
            Issue.record("a text is missing")
            return
        }
        #expect((1...limit).contains(text.utf16.count))
        for piece in text.split(separator: "&").dropFirst(text.hasPrefix("&") ? 0 : 1) {
            #expect(["amp;", "lt;", "gt;"].contains { piece.hasPrefix($0) })
        }
        #expect(!text.contains("<") && !text.contains(">"))
    }

    private func body(_ change: (inout Message) -> Void = { _ in }) -> [UInt8] {
        var message = OutboxMessage.test("a", "chat").message
        change(&message)
        return MessageCoding.json(SlackMessage(message))
    }

    @Test func aSlackMessageNamesSeverityTitleTextAndFields() throws {
        let json = try judge(body())
        #expect(
            json[try JSONPath("$.text")]
                == .string(":red_circle: *shop: rollback in progress*\n2.0.0 → 1.9.0"))
        #expect(
            json[try JSONPath("$.blocks[2].fields[0].text")] == .string("*error_rate*\n31 %"))
    }

    @Test func markupOfOthersIsEscaped() throws {
        let json = try judge(body { $0.text = "<!channel> a & b" })
        #expect(
            json[try JSONPath("$.blocks[1].text.text")] == .string("&lt;!channel&gt; a &amp; b"))
    }

    @Test(arguments: [10, 2999, 3000, 100_000])
    func noTextIsTooLongForSlack(_ length: Int) throws {
        _ = try judge(
            body {
                $0.title = String(repeating: "&", count: length)
                $0.text = String(repeating: "ä<", count: length)
                $0.fields = (0..<min(length, 2000)).map { n in
                    .init("\(n)", String(repeating: "&👩‍👩‍👧", count: 800))
                }
            })
        _ = try judge(
            body {
                $0.title = ""
                $0.text = "a" + String(repeating: "\u{301}", count: length)
                $0.fields = [.init("", "")]
            })
    }

    @Test func aResolveLooksLikeOne() throws {
        let json = try judge(body { $0.kind = .resolve })
        #expect(json[try JSONPath("$.text")]?.scalarText?.hasPrefix(":white_check_mark:") == true)
    }

    @Test func aWebhookCarriesTheMessageSignedAndWithItsId() async throws {
        let bench = OutboxBench()
        await bench.queue("shop-17/3/hook", channel: "hook")
        _ = await bench.settle("hook")
        let post = try #require(bench.receiver.posts.first)
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(post.body))
        #expect(json[try JSONPath("$.id")] == .string("shop-17/3/hook"))
        #expect(json[try JSONPath("$.dedup_key")] == .string("shop-17"))
        #expect(json[try JSONPath("$.kind")] == .string("page"))
        #expect(json[try JSONPath("$.severity")] == .string("critical"))
        #expect(json[try JSONPath("$.time")] == .string("2027-01-15T08:00:00.000Z"))
        #expect(post.headers["Idempotency-Key"] == "shop-17/3/hook")
        #expect(
            post.headers["X-Watchd-Signature"]
                == Signature.sha256(of: post.body, key: Array("key".utf8)))
    }

    /// RFC 4231, test cases 1, 2, 3 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func signaturesHaveKnownAnswers(_ key: [UInt8], _ body: [UInt8], _ digest: String) {
        #expect(Signature.sha256(of: body, key: key) == "sha256=" + digest)
    }
}

struct ReplyVerdictTests {
    private let now = WallTime.seconds(784_111_777)  // 1994-11-06T08:49:37Z

    private func verdict(_ reply: WebhookReply, strict: Bool = true) -> ReplyVerdict {
        ReplyVerdict.of(reply, strictBody: strict, now: now)
    }

    @Test func twoHundredsAreSent() {
        #expect(verdict(.status(200, "ok")) == .sent)
        #expect(verdict(.status(204)) == .sent)
        #expect(verdict(.status(200, #"{"ok":true}"#)) == .sent)
    }

    @Test func limitsAreReadFromHeaderAndBody() {
        func wait(_ reply: WebhookReply) -> Double? {
            guard case .retry(let after, _) = verdict(reply) else { return -1 }
            return after?.seconds
        }
        #expect(wait(.status(429, retryAfter: "7")) == 7)
        #expect(wait(.status(503, retryAfter: "Sun, 06 Nov 1994 08:50:37 GMT")) == 60)
        #expect(wait(.status(429, retryAfter: "Sun, 06 Nov 1994 08:00:00 GMT")) == 0)
        #expect(wait(.status(429, retryAfter: "999999")) == 3600)
        #expect(wait(.status(429, #"{"retry_after":1.5,"ok":false}"#)) == 1.5)
        #expect(wait(.status(429, retryAfter: "soon")) == nil)
        #expect(
            wait(.status(200, #"{"retry_after":1,"ok":false,"error":"rate_limited"}"#)) == 1)
        #expect(
            wait(
                .status(
                    200,
                    "Webhook message delivery failed with error: Microsoft Teams endpoint "
                        + "returned HTTP error 429 with ContextId 1")) == nil)
    }

    @Test func otherRefusalsInABodyAreRefusals() {
        #expect(
            verdict(.status(200, #"{"ok":false,"error":"invalid_auth"}"#))
                == .refused(error: #"HTTP 200: {"ok":false,"error":"invalid_auth"}"#))
        // A webhook of somebody else's shape may say what it likes.
        #expect(verdict(.status(200, #"{"ok":false}"#), strict: false) == .sent)
        #expect(verdict(.status(200, "returned HTTP error 403")) != .sent)
    }

    @Test(arguments: [408, 429, 500, 502, 599]) func theseAreTriedAgain(_ status: Int) {
        #expect(verdict(.status(status)) == .retry(after: nil, error: "HTTP \(status)"))
    }

    @Test(arguments: [301, 400, 401, 403, 404, 410]) func theseAreNot(_ status: Int) {
        guard case .refused = verdict(.status(status)) else {
            Issue.record("\(status) is tried again")
            return
        }
    }

    @Test func backoffIsBoundedSpreadAndRepeatable() {
        for attempt in 1...100 {
            let delay = Backoff.delay(afterAttempt: attempt, of: "a")
            #expect((Duration.seconds(1)...Duration.minutes(5)).contains(delay))
            #expect(delay == Backoff.delay(afterAttempt: attempt, of: "a"))
        }
        let spread = Set((0..<50).map { Backoff.delay(afterAttempt: 3, of: "m\($0)") })
        #expect(spread.count > 40)
    }
}
