// From the configured request to one that can be sent: placeholders filled in, limits set.

public import WatchCore
import WatchHTTP

/// Fills in requests. Secrets are read for each, so that a renewed one is used at once; reading
/// one may block, so it happens on a worker.
public struct RequestBuilder: Sendable {
    let secrets: any SecretSource
    let workers: BlockingWorkers

    public init(secrets: any SecretSource, workers: BlockingWorkers) {
        self.secrets = secrets
        self.workers = workers
    }

    struct Built: Sendable {
        var request: HTTPRequest
        var redactor: Redactor
    }

    /// A sentence that names the secret or variable and the remedy.
    struct Failure: Error, Sendable {
        var message: String
    }

    func build(_ spec: HTTPRequestSpec, timeout: Duration) async -> Result<Built, Failure> {
        let templates = [spec.url] + spec.headers.map(\.value) + (spec.body.map { [$0] } ?? [])
        let references = Set(templates.flatMap(\.secrets))
        guard !references.isEmpty else { return Self.fill(spec, timeout, secrets, references) }
        let key = "secrets:" + references.map(\.description).sorted().joined(separator: ",")
        // Two probes may share their secrets; each needs an answer of its own.
        let own = key + " for " + spec.method + " " + spec.url.source
        let answer = await workers.run(key: own, timeout: timeout) { [secrets] in
            Self.fill(spec, timeout, secrets, references)
        }
        switch answer {
        case .success(let result): return result
        case .failure:
            let names = references.map(\.description).sorted().joined(separator: ", ")
            return .failure(
                Failure(message: "\(names) could not be read within \(timeout.text)"))
        }
    }

    private static func fill(
        _ spec: HTTPRequestSpec, _ timeout: Duration, _ secrets: any SecretSource,
        _ references: Set<SecretReference>
    ) -> Result<Built, Failure> {
        do throws(Template.RenderError) {
            // Read once, so that what is sent and what is redacted are the same.
            let known = try KnownSecrets(references, from: secrets)
            var headers: [HTTPHeader] = []
            for header in spec.headers {
                headers.append(
                    HTTPHeader(header.name, try header.value.render(secrets: known)))
            }
            let body = try spec.body?.render(secrets: known)
            let request = HTTPRequest(
                method: spec.method, url: try spec.url.render(secrets: known),
                headers: headers, body: body.map { Array($0.utf8) }, timeout: timeout,
                redirects: spec.redirects, verifyTLS: spec.verifyTLS, caFile: spec.caFile,
                maxBody: spec.maxBody, freshConnection: true)
            return .success(
                Built(request: request, redactor: Redactor(Array(known.values.values))))
        } catch {
            switch error {
            case .noValue(let name):
                return .failure(Failure(message: "${\(name)} has no value here"))
            case .secret(let error): return .failure(Failure(message: error.message))
            }
        }
    }
}

/// The values of a few references, read beforehand.
private struct KnownSecrets: SecretSource {
    var values: [SecretReference: String] = [:]

    init(
        _ references: Set<SecretReference>, from source: any SecretSource
    ) throws(Template.RenderError) {
        for reference in references {
            do {
                values[reference] = try source.secret(reference)
            } catch {
                throw .secret(error)
            }
        }
    }

    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        guard let value = values[reference] else {
            throw SecretError(message: "\(reference) was not read")
        }
        return value
    }
}
