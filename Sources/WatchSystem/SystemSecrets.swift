// Reads the secrets that the configuration names: credentials of systemd, files, environment.

import Glibc
public import WatchCore

public struct SystemSecrets: SecretSource {
    /// Longer ones are refused: a secret is a line, not a document.
    public static let limit = 64 * 1024

    public init() {}

    public func secret(_ reference: SecretReference) throws(SecretError) -> String {
        switch reference {
        case .credential(let name):
            guard let directory = getenv("CREDENTIALS_DIRECTORY") else {
                throw SecretError(
                    message: "\(reference): no credentials were passed; add "
                        + "LoadCredential=\(name):/path to the unit, or use ${file:/path}")
            }
            return try file(String(cString: directory) + "/" + name, reference)
        case .file(let path): return try file(path, reference)
        case .environment(let name):
            guard let value = getenv(name) else {
                throw SecretError(message: "\(reference): the variable is not set for watchd")
            }
            return String(cString: value)
        }
    }

    private func file(
        _ path: String, _ reference: SecretReference
    ) throws(SecretError) -> String {
        let bytes: [UInt8]
        do {
            bytes = try File.read(path, limit: Self.limit)
        } catch {
            throw SecretError(
                message: "\(reference) cannot be read (\(error)); check its name and that "
                    + "watchd's user may read it")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SecretError(message: "\(reference) is not UTF-8 text")
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
