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
    let easy: UnsafeMutableRawPointer
    /// Nil: no TLS session is offered or kept.
    let sessionKey: SessionCache.Key?

    /// How far the request is; the callbacks move it, so that it is right after redirects too,
    /// where libcurl's own timers are sums.
    var phase = HTTPFailure.Phase.name
    var headers: [HTTPHeader] = []
    /// Of this hop, with interim answers (1xx), which may be many.
    var headerBytes = 0
    var body: [UInt8] = []
    /// The last address that a socket was made for, as a `sockaddr`; empty: none.
    var tried: [UInt8] = []
    /// The last that was made.
    var socket: Int32 = -1
    /// When the last handshake began; libcurl tells no times of a connection that failed in it.
    var handshakeBegan: Instant?
    let began = SystemTime().now().boot
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

    var strings: [UnsafeMutablePointer<curl_slist>] = []
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init?(_ order: TransferLoop.Order, _ tools: TransferTools) {
        guard let easy = tools.handles.take() else {
            errorText.deallocate()
            return nil
        }
        self.order = order
        self.tools = tools
        self.easy = easy
        sessionKey = SessionCache.Key(order.request)
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setUp(userAgent: tools.userAgent)
    }

    deinit {
        tools.handles.giveBack(easy)
        for list in strings { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    var request: HTTPRequest { order.request }

    /// What libcurl says about the failure, made fit for a terminal.
    var errorMessage: String {
        printable(String(cString: errorText), limit: 200)
    }

    // MARK: - Setting up

    private func setUp(userAgent: String) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        set(CURLOPT_PRIVATE, pointer: context)
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
        set(CURLOPT_URL, request.url)
        set(CURLOPT_USERAGENT, userAgent)
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
        setHeaders()
        setLimits()
        setConnection()
        setCookies()
        setCallbacks(context)
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

    private func setHeaders() {
        var lines = request.headers.map {
            $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)"
        }
        if request.noCache { lines += ["Cache-Control: no-cache", "Pragma: no-cache"] }
        // No `Expect: 100-continue`: it only adds a second to servers that do not know it.
        if request.body != nil { lines.append("Expect:") }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            if let longer = curl_slist_append(list, line) { list = longer }
        }
        guard let list else { return }
        strings.append(list)
        watchd_easy_set_slist(easy, CURLOPT_HTTPHEADER, list)
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
