// From the configured request to one that can be sent: placeholders filled in, limits set.

import FoundationEssentials
public import WatchCore
package import WatchHTTP

/// Fills in requests. Secrets are read for each, so that a renewed one is used at once; reading
/// one may block, so it happens on a worker.
public struct RequestBuilder: Sendable {
    let secrets: any SecretSource
    let workers: BlockingWorkers
    private let ready = ReadyRequests()

    public init(secrets: any SecretSource, workers: BlockingWorkers) {
        self.secrets = secrets
        self.workers = workers
    }

    package struct Built: Sendable {
        package var request: HTTPRequest
        /// What must be shown to nobody, as it is and as it is sent.
        package var hidden: [String]
        /// As a probe asks, where it is the same each time.
        package var prepared: PreparedRequest?

        package var redactor: Redactor { Redactor(hidden) }
    }

    /// A sentence that names the secret or variable and the remedy.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var message: String
        /// What the target said before is in the way, not something of ours.
        package var isTargets = false

        package var description: String { message }
    }

    /// Secrets as they were read, once: what is sent and what is redacted are the same.
    struct Filling: Sendable {
        fileprivate let known: KnownSecrets
        let redactor: Redactor
        /// Saved by a journey, by name.
        fileprivate var saved: [String: String] = [:]

        static let nothing = Filling(known: KnownSecrets(), redactor: Redactor([]))

        var values: [String] { Array(known.values.values) }

        func text(
            _ template: Template, as insertion: Insertion = .plain
        ) throws(Failure) -> String {
            if let text = template.literal { return text }
            var variables: [String: String] = [:]
            for name in template.variables {
                guard let value = saved[name] else { continue }
                if let refusal = insertion.refusal(value) {
                    throw Failure(
                        message: "the saved value '\(name)' \(refusal)", isTargets: true)
                }
                variables[name] = insertion.inserted(value)
            }
            do {
                return try template.render(variables: variables, secrets: known)
            } catch {
                throw Failure(error)
            }
        }
    }

    /// One that was built before and is the same each time; nil: it has to be built.
    func ready(_ spec: HTTPRequestSpec, timeout: Duration) -> ReadyRequests.Entry? {
        ready.request(for: spec, timeout: timeout)
    }

    /// - Parameter saved: what `${name}` stands for, besides secrets.
    package func build(
        _ spec: HTTPRequestSpec, timeout: Duration, saved: [String: String] = [:]
    ) async -> Result<Built, Failure> {
        if let entry = ready.request(for: spec, timeout: timeout) { return .success(entry.built) }
        do throws(Failure) {
            // Two probes may share their secrets; each needs an answer of its own.
            let isLiteral = spec.templates.allSatisfy { $0.literal != nil }
            var filling =
                isLiteral
                ? .nothing
                : try await filling(
                    spec.templates, for: spec.method + " " + spec.url.source, timeout)
            filling.saved = saved
            // As they are sent, besides as they are: a target may echo either.
            var disguised: [String] = []
            var headers: [HTTPHeader] = []
            for header in spec.headers {
                headers.append(
                    HTTPHeader(header.name, try filling.text(header.value, as: .header)))
            }
            if let login = spec.basic {
                let user = try filling.text(login.user)
                let password = try filling.text(login.password)
                let code = Data("\(user):\(password)".utf8).base64EncodedString()
                headers.append(HTTPHeader("Authorization", "Basic \(code)"))
                disguised.append(code)
            }
            let body = try body(spec, filling, &headers, &disguised)
            let url = try filling.text(spec.url, as: .url)
            var request = HTTPRequest(
                method: spec.method, url: url, headers: headers, body: body.map { Array($0.utf8) },
                timeout: timeout, redirects: spec.redirects, verifyTLS: spec.verifyTLS,
                caFile: spec.caFile, maxBody: spec.maxBody, unixSocket: spec.unixSocket,
                reuse: HTTPRequest.Reuse(spec.connection))
            try setRoute(of: &request, spec, filling)
            var built = Built(request: request, hidden: filling.values + disguised)
            if isLiteral {
                built.prepared = PreparedRequest(request.asProbe)
                ready.keep(built, for: spec, timeout: timeout)
            }
            return .success(built)
        } catch {
            return .failure(error)
        }
    }

    private func body(
        _ spec: HTTPRequestSpec, _ filling: Filling, _ headers: inout [HTTPHeader],
        _ disguised: inout [String]
    ) throws(Failure) -> String? {
        guard !spec.form.isEmpty else {
            return try spec.body.map { body throws(Failure) in
                try filling.text(body, as: spec.bodyInsertion)
            }
        }
        disguised += filling.values.map(FormBody.encoded)
        let type = "Content-Type"
        if !headers.contains(where: { $0.name.lowercased() == type.lowercased() }) {
            headers.append(HTTPHeader(type, "application/x-www-form-urlencoded"))
        }
        return try FormBody.text(spec.form, filling)
    }

    private func setRoute(
        of request: inout HTTPRequest, _ spec: HTTPRequestSpec, _ filling: Filling
    ) throws(Failure) {
        switch spec.version {
        case .one: request.version = .one
        case .two:
            let isSecure = request.url.lowercased().hasPrefix("https:")
            request.version = isSecure ? .two : .twoWithoutAsking
        }
        switch spec.family {
        case .four: request.family = .four
        case .six: request.family = .six
        case nil: request.family = .any
        }
        request.address = spec.address
        if let proxy = spec.proxy { request.proxy = try filling.text(proxy) }
        if let certificate = spec.clientCertificate {
            let key = try filling.text(certificate.key)
            request.clientCertificate = HTTPRequest.ClientCertificate(
                path: certificate.certificate,
                key: certificate.key.secrets.isEmpty ? .path(key) : .text(key))
        }
    }

    /// Reads the secrets of the templates.
    /// - Parameter asker: whoever is the same may not read twice at once.
    func filling(
        _ templates: [Template], for asker: String, _ timeout: Duration
    ) async throws(Failure) -> Filling {
        let references = Set(templates.flatMap(\.secrets))
        guard !references.isEmpty else {
            return .nothing
        }
        let names = references.map(\.description).sorted()
        let answer = await workers.run(
            key: "secrets:\(names.joined(separator: ",")) for \(asker)", timeout: timeout
        ) { [secrets] in
            Result { () throws(Template.RenderError) in try KnownSecrets(references, from: secrets)
            }
        }
        switch answer {
        case .success(.success(let known)):
            return Filling(known: known, redactor: Redactor(Array(known.values.values)))
        case .success(.failure(let error)): throw Failure(error)
        case .failure:
            throw Failure(
                message: "\(names.joined(separator: ", ")) could not be read within \(timeout.text)"
            )
        }
    }
}

extension HTTPRequest {
    /// Past all caches, unless the configuration says something about them itself.
    var asProbe: HTTPRequest {
        var request = self
        request.noCache = !headers.contains { $0.name.lowercased() == "cache-control" }
        return request
    }
}

extension HTTPRequest.Reuse {
    init(_ use: HTTPRequestSpec.ConnectionUse) {
        switch use {
        case .fresh: self = .nothing
        case .resume: self = .session
        case .keep: self = .connection
        }
    }
}

extension RequestBuilder.Failure {
    fileprivate init(_ error: Template.RenderError) {
        switch error {
        case .noValue(let name): message = "${\(name)} has no value here"
        case .secret(let error): message = error.message
        }
    }
}

/// The values of a few references, read beforehand.
struct KnownSecrets: SecretSource {
    var values: [SecretReference: String] = [:]

    init() {}

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
