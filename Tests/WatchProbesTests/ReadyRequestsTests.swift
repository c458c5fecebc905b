import Synchronization
import Testing
import WatchCore
import WatchHTTP

@testable import WatchProbes

/// Another one after a while.
private final class RenewedSecret: SecretSource {
    let value = Mutex("")

    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        value.withLock { $0 }
    }
}

/// Requests that are built once, and never one in place of another.
@Suite struct ReadyRequestsTests {
    private func build(
        _ spec: HTTPRequestSpec, by builder: RequestBuilder, timeout: Duration = .seconds(5),
        saved: [String: String] = [:]
    ) async throws -> RequestBuilder.Built {
        try await builder.build(spec, timeout: timeout, saved: saved).get()
    }

    private func builder(_ secrets: any SecretSource = Secrets()) -> RequestBuilder {
        RequestBuilder(secrets: secrets, workers: BlockingWorkers(time: SystemSleeper()))
    }

    @Test func whatIsTheSameIsBuiltOnceAndWhatDiffersIsNot() async throws {
        let builder = builder()
        var spec = HTTPRequestSpec(url: Template(literal: "http://a/"))
        let first = try await build(spec, by: builder)
        #expect(try await build(spec, by: builder).request == first.request)
        #expect(
            try await build(spec, by: builder, timeout: .seconds(1)).request.timeout
                == .seconds(1))
        #expect(try await build(spec, by: builder).request.timeout == .seconds(5))
        spec.headers = [.init(name: "A", value: Template(literal: "1"))]
        #expect(try await build(spec, by: builder).request.headers == [HTTPHeader("A", "1")])
        spec.basic = .init(user: Template(literal: "u"), password: Template(literal: "p"))
        for _ in 0..<2 {
            let built = try await build(spec, by: builder)
            #expect(built.request.headers.last == HTTPHeader("Authorization", "Basic dTpw"))
            // What is sent in its place is hidden each time.
            #expect(built.hidden.contains("dTpw"))
        }
    }

    @Test func whatHoldsASecretOrASavedValueIsReadEachTime() async throws {
        let spec = HTTPRequestSpec(url: try Template("http://a/?${env:KEY}&${id}"))
        let secrets = RenewedSecret()
        let builder = builder(secrets)
        for round in ["1", "2"] {
            secrets.value.withLock { $0 = "k\(round)" }
            for id in ["x", "y"] {
                let built = try await build(spec, by: builder, saved: ["id": id])
                #expect(built.request.url == "http://a/?k\(round)&\(id)")
            }
        }
    }

    @Test func noMoreAreKeptThanTheLimit() throws {
        let ready = ReadyRequests()
        func spec(_ number: Int) -> HTTPRequestSpec {
            HTTPRequestSpec(url: Template(literal: "http://a/\(number)"))
        }
        func isKept(_ number: Int) -> Bool {
            ready.request(for: spec(number), timeout: .seconds(1)) != nil
        }
        for number in 0...ReadyRequests.limit {
            ready.keep(
                RequestBuilder.Built(request: HTTPRequest(url: "http://a/"), hidden: []),
                for: spec(number), timeout: .seconds(1))
            #expect(isKept(number))
        }
        #expect(!isKept(0))
    }
}
