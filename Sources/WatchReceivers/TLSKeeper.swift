// Certificate and key of a listener, read again when their files change: they are renewed every
// few weeks, and nobody reloads watchd for that.

import CTLS
import Glibc
import NIOCore
import Synchronization
import WatchCore
import WatchSystem

/// OpenSSL's context: what new connections are begun with.
// Safe: OpenSSL counts references atomically, and nothing is set once it was made.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ files: TLSFiles, _ secrets: any SecretSource) throws(ListenRefusal) {
        guard let pointer = watchd_tls_server() else {
            throw ListenRefusal(text: "OpenSSL cannot be used (\(Self.complaint))")
        }
        self.pointer = pointer
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(pointer, files.certificate) == 1 else {
            throw ListenRefusal(
                text: "the certificate \(files.certificate) cannot be used "
                    + "(\(Self.complaint)); it is a PEM file that watchd's user may read")
        }
        let key = try Self.key(files.key, secrets)
        guard watchd_tls_use_key(pointer, key, Int32(key.count)) == 1 else {
            throw ListenRefusal(
                text: "the key \(files.key.source) cannot be used (\(Self.complaint)); it is PEM, "
                    + "without a pass phrase, and that of the certificate")
        }
        guard let authorities = files.clientCA else { return }
        guard watchd_tls_ask_client(pointer, authorities) == 1 else {
            throw ListenRefusal(
                text: "the authorities in \(authorities) cannot be used (\(Self.complaint)); it "
                    + "is a PEM file that watchd's user may read")
        }
    }

    deinit { SSL_CTX_free(pointer) }

    private static var complaint: String { String(cString: watchd_tls_complaint()) }

    private static func key(
        _ template: Template, _ secrets: any SecretSource
    ) throws(ListenRefusal) -> [UInt8] {
        if template.secrets.isEmpty {
            do throws(SystemError) {
                return try File.read(template.source, limit: SystemSecrets.limit)
            } catch {
                throw ListenRefusal(
                    text: "the key cannot be read (\(error)); check its name and that watchd's "
                        + "user may read it")
            }
        }
        do throws(Template.RenderError) {
            return Array(try template.render(secrets: secrets).utf8)
        } catch {
            switch error {
            case .secret(let secret): throw ListenRefusal(text: secret.message)
            case .noValue(let name): throw ListenRefusal(text: "${\(name)} has no value")
            }
        }
    }
}

final class TLSKeeper: Sendable {
    private static let lookEvery = TimeAmount.seconds(1)

    /// What tells that a file is another one.
    private struct Mark: Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var changed: Int64
    }

    private struct State {
        var context: TLSContext?
        var marks: [Mark?] = []
        var lookedAt: NIODeadline?
    }

    private let files: TLSFiles
    private let secrets: any SecretSource
    private let state = Mutex(State())

    init(_ files: TLSFiles, _ secrets: any SecretSource) {
        self.files = files
        self.secrets = secrets
    }

    /// What new connections are begun with. A pair that does not fit, as while one file is new and
    /// the other not yet, changes nothing, and is looked at again.
    /// - Throws: when there was never a good one.
    func context(now: NIODeadline) throws(ListenRefusal) -> TLSContext {
        try state.withLock { state throws(ListenRefusal) in
            if let context = state.context, let looked = state.lookedAt,
                now - looked < Self.lookEvery
            {
                return context
            }
            state.lookedAt = now
            let marks = marks()
            if let context = state.context, marks == state.marks { return context }
            do throws(ListenRefusal) {
                let context = try TLSContext(files, secrets)
                (state.context, state.marks) = (context, marks)
                return context
            } catch {
                guard let context = state.context else { throw error }
                return context
            }
        }
    }

    private func marks() -> [Mark?] {
        var paths = [files.certificate] + (files.clientCA.map { [$0] } ?? [])
        switch files.key.parts.first {
        case .literal(let path)?: paths.append(path)
        case .secret(.file(let path))?: paths.append(path)
        case .secret, .variable, nil: break
        }
        return paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return Mark(
                device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
                size: Int64(status.st_size),
                changed: Int64(status.st_mtim.tv_sec) * 1_000_000_000
                    + Int64(status.st_mtim.tv_nsec))
        }
    }
}
