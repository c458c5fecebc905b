// One request under way: its easy handle, what came of it so far, and how far it got.

import CCurl
import Glibc
import WatchCore
import WatchSystem

/// Lives on the loop's thread only; libcurl's callbacks reach it through a pointer, which is good
/// as long as the loop holds the transfer in its table.
final class Transfer {
    let order: TransferLoop.Order
    let tools: TransferTools
    let handle: EasyHandle
    /// Nil: no TLS session is offered or kept.
    let sessionKey: SessionKey?

    /// How far the request is; the callbacks move it, so that it is right after redirects too,
    /// where libcurl's own timers are sums.
    var phase = HTTPFailure.Phase.name
    /// The answer just read sends us elsewhere, after so many redirects before it; nil: it does
    /// not, or the way there has begun.
    var redirectedAfter: Int?
    /// Whoever wanted the answer has been told that the name did not come; libcurl still waits.
    var isGivenUp = false
    var head = HTTPHead()
    /// Of this hop, with interim answers (1xx), which may be many.
    var headerBytes = 0
    var body: [UInt8] = []
    /// The last address that a socket was made for, as a `sockaddr`; empty: none.
    var tried: [UInt8] = []
    /// The last that was made.
    var socket: Int32 = -1
    /// When the last handshake began; libcurl tells no times of a connection that failed in it.
    var handshakeBegan: Instant?
    let began = SystemTime().boot()
    /// Of the answer. libcurl counts from the first byte that was sent, where there is a body.
    var firstByteCame: Instant?
    /// Of the last handshake.
    var tls: TLSInfo?
    /// It is asked over a connection that was there before.
    var isKept = false
    var offersSession = false
    var hasKeptSession = false
    /// What is said once the connection is there.
    var conversation: Conversation?
    /// Why one of our callbacks stopped the transfer; says more than libcurl's code for it.
    var stop: Stop?
    /// Why an address could not even be tried: errno of a socket or of the route to it.
    var localErrno: Int32 = 0
    /// One of the addresses answered that nobody listens, whatever became of the others.
    var isRefused = false

    enum Stop { case tooLarge, headersTooLong, byReader }

    /// More is no header but an attack or a bug. Servers' own limits are 8 to 32 KB.
    static let headerLimit = 64 * 1024

    /// It ended well, and its handle is set up for the next of its kind.
    var isHandleGood = false
    /// Why the authorities that are trusted could not be read.
    var trustProblem: String?
    /// Something was set that only this one needs.
    var needsOwnOptions = false

    init?(_ order: TransferLoop.Order, _ tools: TransferTools) {
        guard let handle = tools.handles.take(for: order) else { return nil }
        self.order = order
        self.tools = tools
        self.handle = handle
        // Not looked at as a whole where one field says no.
        sessionKey = order.request.reuse == .session ? SessionKey(order.request) : nil
        handle.begin(self)
        guard handle.order !== order else { return }
        setUp(userAgent: tools.userAgent)
        if isForAll { handle.isReady(for: order) }
    }

    deinit { tools.handles.giveBack(handle, isReady: isHandleGood) }

    var request: HTTPRequest { order.request }
    var easy: UnsafeMutableRawPointer { handle.easy }

    /// What libcurl says about the failure, made fit for a terminal.
    var errorMessage: String {
        printable(String(cString: handle.errorText), limit: 200)
    }

    // MARK: - Setting up

    private func setUp(userAgent: String) {
        let context = Unmanaged.passUnretained(handle).toOpaque()
        set(CURLOPT_PRIVATE, pointer: context)
        set(CURLOPT_ERRORBUFFER, pointer: handle.errorText)
        handle.set(url: request.url)
        // Of what is said to a proxy; see `setHeaders`.
        if request.proxy != nil { set(CURLOPT_USERAGENT, userAgent) }
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_HTTP_VERSION, request.version.option)
        // Nothing of the environment may lead a request elsewhere.
        set(CURLOPT_PROXY, request.proxy ?? "")
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // The body is bounded as it comes out of the decoder, so a bomb bursts at the bound.
        set(CURLOPT_ACCEPT_ENCODING, HTTPLibrary.encodings)
        watchd_easy_allow_http_only(easy)
        // A time-out must not wait for the resolver's thread: it would hold up all transfers.
        watchd_easy_set_long(easy, watchd_opt_quick_exit, 1)
        setMethod()
        setHeaders(userAgent: userAgent)
        setLimits()
        setConnection()
        setCookies()
        setCallbacks(context)
    }

    /// Whether what is set is the same for each such request. A jar has other cookies then, and
    /// the file of a certificate may be another.
    private var isForAll: Bool {
        request.cookies == nil && request.clientCertificate == nil && order.exchange == nil
            && !request.connectOnly
    }

    private func setMethod() {
        switch request.method {
        case "GET" where request.body == nil: set(CURLOPT_HTTPGET, 1)
        case "HEAD": set(CURLOPT_NOBODY, 1)
        case "POST": set(CURLOPT_POST, 1)
        default: set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        guard request.body != nil || request.method == "POST" else { return }
        let body = request.body ?? []
        watchd_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        body.withUnsafeBytes { bytes in
            // An empty array has no address, and no address would mean "ask a callback".
            var nothing: UInt8 = 0
            withUnsafeMutablePointer(to: &nothing) { empty in
                let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                set(CURLOPT_COPYPOSTFIELDS, pointer: start ?? UnsafeMutableRawPointer(empty))
            }
        }
    }

    /// libcurl prints what it says itself letter by letter, twice; what is a line of ours, once.
    private func setHeaders(userAgent: String) {
        var lines = request.headers.map {
            $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)"
        }
        if !has("user-agent") { lines.append("User-Agent: \(userAgent)") }
        if !has("accept-encoding") { lines.append("Accept-Encoding: \(HTTPLibrary.encodings)") }
        if request.noCache { lines.append("Cache-Control: no-cache") }
        // No `Expect: 100-continue`: it only adds a second to servers that do not know it.
        if request.body != nil { lines.append("Expect:") }
        handle.set(CURLOPT_HTTPHEADER, lines)
    }

    private func has(_ name: String) -> Bool {
        request.headers.contains { $0.name.lowercased() == name }
    }

    private func setLimits() {
        if let timeout = request.timeout { set(CURLOPT_TIMEOUT_MS, Self.milliseconds(timeout)) }
        if let timeout = request.connectTimeout {
            set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(timeout))
        }
        set(CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1 : 0)
        set(CURLOPT_MAXREDIRS, request.redirects)
    }

    static func milliseconds(_ duration: Duration) -> Int {
        // 0 would mean "no limit".
        Int(max(1, min(duration.nanoseconds / 1_000_000, Int64(Int32.max))))
    }

    func set(_ option: CURLoption, _ value: Int) {
        watchd_easy_set_long(easy, option, value)
    }

    func set(_ option: CURLoption, _ value: String) {
        watchd_easy_set_string(easy, option, value)
    }

    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
        watchd_easy_set_pointer(easy, option, pointer)
    }
}

extension HTTPRequest.Version {
    fileprivate var option: Int {
        switch self {
        case .one: CURL_HTTP_VERSION_1_1
        case .two: CURL_HTTP_VERSION_2TLS
        case .twoWithoutAsking: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
        }
    }
}
