// One request to a drain: whether its head is welcome, and what its body holds.

import NIOCore
import NIOHTTP1
import WatchCore
import WatchStreams

/// What a sender is told. A text says what to do about it; nothing of what was sent is repeated.
struct DrainAnswer: Error, Hashable {
    var status: HTTPResponseStatus
    var text = ""
    var headers: [String: String] = [:]

    static let taken = DrainAnswer(status: .ok)
    static let full = DrainAnswer(
        status: .serviceUnavailable, text: "too much at once; send it again",
        headers: ["Retry-After": "1"])
    static let tooMuchForOne = DrainAnswer(
        status: .tooManyRequests, text: "too many bodies at once; send one after the other",
        headers: ["Retry-After": "1"])

    static func tooBig(_ limit: Int) -> DrainAnswer {
        DrainAnswer(
            status: .payloadTooLarge, text: "the body has more than \(limit) bytes; send less")
    }
}

/// Keys as they are at the moment.
struct DrainKeys: Sendable {
    var signature: [UInt8]?
    var token: [UInt8]?
    var verify: String?
}

/// A request whose head was welcome.
struct DrainRequest {
    var isJSON: Bool
    var isPacked: Bool
    /// What the body's keyed hash has to be.
    var digest: [UInt8]?
    var isKept: Bool
    var expectsContinue: Bool
    /// nil: it does not say.
    var announced: Int?

    /// - Throws: what a sender with such a head is told.
    init(
        _ head: HTTPRequestHead, _ listener: DrainListener, _ keys: DrainKeys, isJSON: Bool
    ) throws(DrainAnswer) {
        let path = head.uri.prefix { $0 != "?" }
        if let wanted = listener.path, path != wanted {
            throw DrainAnswer(status: .notFound, text: "nothing is received here")
        }
        guard head.method == .POST else {
            guard keys.verify != nil, head.method == .GET || head.method == .HEAD else {
                throw DrainAnswer(
                    status: .methodNotAllowed, text: "lines are posted", headers: ["Allow": "POST"])
            }
            throw .taken
        }
        announced = head.headers.first(name: "content-length").flatMap(Int.init)
        if let announced, announced > listener.maxBody { throw .tooBig(listener.maxBody) }
        try Self.checkToken(head.headers, keys)
        digest = try Self.digest(head.headers, listener)
        isPacked = try Self.isPacked(head.headers)
        let type = head.headers.first(name: "content-type")?.lowercased() ?? ""
        self.isJSON = isJSON || type.contains("json")
        isKept = head.isKeepAlive
        expectsContinue = head.headers.first(name: "expect")?.lowercased() == "100-continue"
    }

    private static func checkToken(
        _ headers: HTTPHeaders, _ keys: DrainKeys
    ) throws(DrainAnswer) {
        guard let token = keys.token else { return }
        let scheme = "bearer "
        let given = headers.first(name: "authorization") ?? ""
        guard given.lowercased().hasPrefix(scheme),
            Hash.isEqual(Array(given.dropFirst(scheme.count).utf8), token)
        else {
            throw DrainAnswer(
                status: .unauthorized, text: "the token is missing, or another one",
                headers: ["WWW-Authenticate": "Bearer"])
        }
    }

    private static func digest(
        _ headers: HTTPHeaders, _ listener: DrainListener
    ) throws(DrainAnswer) -> [UInt8]? {
        guard let signature = listener.signature else { return nil }
        guard let text = headers.first(name: signature.header),
            let digest = signature.digest(in: text)
        else {
            throw DrainAnswer(
                status: .unauthorized,
                text: "\(signature.header) is missing, or no hash of "
                    + "\(signature.algorithm.rawValue)")
        }
        return digest
    }

    private static func isPacked(_ headers: HTTPHeaders) throws(DrainAnswer) -> Bool {
        let codings = headers[canonicalForm: "content-encoding"].map { $0.lowercased() }
        switch codings {
        case [], ["identity"]: return false
        case ["gzip"], ["x-gzip"]: return true
        default:
            throw DrainAnswer(
                status: .unsupportedMediaType, text: "bodies are packed with gzip, or not at all")
        }
    }

    // MARK: - The body

    /// The lines of a whole body.
    /// - Throws: what its sender is told.
    func lines(
        _ body: UnsafeRawBufferPointer, _ listener: DrainListener, _ keys: DrainKeys
    ) throws(DrainAnswer) -> ReceivedLines {
        try check(body, listener, keys)
        var lines = ReceivedLines()
        var splitter = DrainSplitter(isJSON ? .json : .lines)
        /// What an inbox never has room for is not gathered.
        var isTooMuch = false
        func take(_ piece: UnsafeRawBufferPointer) {
            guard !isTooMuch else { return }
            var tooLong = 0
            splitter.take(piece, { lines.add($0) }, tooLong: { tooLong += 1 })
            for _ in 0..<tooLong { lines.addTooLong() }
            isTooMuch = lines.size > LineInbox.limit
        }
        do throws(Gunzip.Problem) {
            if isPacked {
                try Gunzip.unpack(body, limit: listener.maxBody, take)
            } else {
                take(body)
            }
        } catch {
            switch error {
            case .tooBig: throw .tooBig(listener.maxBody)
            case .damaged(let said):
                throw DrainAnswer(
                    status: .badRequest, text: "the body cannot be unpacked: \(said)")
            }
        }
        guard !isTooMuch else {
            throw DrainAnswer(
                status: .payloadTooLarge, text: "the body has too many lines; send less")
        }
        var tooLong = 0
        splitter.end({ lines.add($0) }, tooLong: { tooLong += 1 })
        for _ in 0..<tooLong { lines.addTooLong() }
        if let problem = splitter.problem {
            throw DrainAnswer(status: .badRequest, text: "the body is no JSON: \(problem)")
        }
        return lines
    }

    private func check(
        _ body: UnsafeRawBufferPointer, _ listener: DrainListener, _ keys: DrainKeys
    ) throws(DrainAnswer) {
        guard let signature = listener.signature, let digest else { return }
        guard let key = keys.signature,
            let wanted = Hash.keyed(signature.algorithm, of: body, key: key),
            Hash.isEqual(wanted, digest)
        else {
            throw DrainAnswer(
                status: .unauthorized, text: "\(signature.header) is not that of this body")
        }
    }
}
