// What libcurl tells us while a request is under way. All of it runs on the loop's thread.

import CCurl
import Glibc
import WatchCore
import WatchSystem

extension Transfer {
    func setCallbacks(_ context: UnsafeMutableRawPointer) {
        for option in [
            CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA,
            CURLOPT_SSL_CTX_DATA, CURLOPT_DEBUGDATA,
        ] { set(option, pointer: context) }
        watchd_easy_set_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let transfer = Transfer.at(context) else { return 0 }
            let line = UnsafeRawBufferPointer(start: data, count: size * count)
            return transfer.received(header: line, context) ? size * count : 0
        }
        watchd_easy_set_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let transfer = Transfer.at(context) else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            return transfer.received(body: bytes) ? size * count : 0
        }
        watchd_easy_set_open_socket(easy) { context, _, address in
            guard let address, let transfer = Transfer.at(context) else { return -1 }
            return transfer.openSocket(address)
        }
        // Not offered by every TLS library; then a stalled handshake is told as `connect`.
        watchd_easy_set_tls_begins(easy) { _, tls, context in
            Transfer.at(context)?.handshakeBegins(tls) ?? CURLE_OK
        }
        watchd_easy_set_before_request(easy) { context, peer, _, port, ownPort in
            guard let transfer = Transfer.at(context) else { return CURL_PREREQFUNC_OK }
            guard !transfer.isGivenUp else { return CURL_PREREQFUNC_ABORT }
            transfer.requestBegins()
            if transfer.keepsConnection, let peer {
                transfer.watchKeptConnection(peer, port, ownPort)
            }
            return CURL_PREREQFUNC_OK
        }
    }

    /// libcurl keeps the error number of the last address only, and an IPv6 address without a way
    /// to it, tried last, would make a dead application look like a dead network. Its log has a
    /// line for each address (`connect to … port … failed: Connection refused`). Should the line
    /// ever change, the last number decides again. What became of the first address is known when
    /// the second is tried, and most targets have one: for them nothing is written.
    private func watchFurtherAddresses() {
        guard !tried.isEmpty else { return }
        if long(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED) { isRefused = true }
        needsOwnOptions = true
        set(CURLOPT_VERBOSE, 1)
        watchd_easy_set_debug(easy) { _, kind, data, size, context in
            guard kind == CURLINFO_TEXT, let data else { return 0 }
            let line = UnsafeRawBufferPointer(start: data, count: size)
            guard line.starts(with: "connect to ".utf8) else { return 0 }
            let refused = String(cString: strerror(ECONNREFUSED))
            if String(decoding: line, as: UTF8.self).contains(refused) {
                Transfer.at(context)?.isRefused = true
            }
            return 0
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        guard let context else { return nil }
        return Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer
    }

    private func requestBegins() {
        isRefused = false
        localErrno = 0
        phase = .firstByte
        redirectedAfter = nil
        headerBytes = 0
        firstByteCame = nil
        isKept = keepsConnection && long(CURLINFO_NUM_CONNECTS) == 0
    }

    /// A connection may have died without a word: a host that was cut off, a firewall that forgot.
    /// An application that hangs is another thing: its kernel still says that it got the request.
    /// So if a kept connection's other side does not even say that, the connection ends in time for
    /// another try (TCP_USER_TIMEOUT of tcp(7)).
    private func watchKeptConnection(
        _ peer: UnsafePointer<CChar>, _ port: Int32, _ ownPort: Int32
    ) {
        guard isKept else {
            let ends = TransferTools.Ends(
                peer: String(cString: peer), port: port, ownPort: ownPort)
            return tools.note(socket, of: ends)
        }
        guard let timeout = request.timeout else { return }
        let third = UInt32(Self.milliseconds(timeout) / 3)
        // As for the request before it, mostly.
        guard third > 0, tools.patience(at: ownPort) != third else { return }
        let ends = TransferTools.Ends(peer: String(cString: peer), port: port, ownPort: ownPort)
        tools.end(ends, withoutWordFor: third)
    }

    private func received(
        header line: UnsafeRawBufferPointer, _ context: UnsafeMutableRawPointer?
    ) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.headerLimit else {
            stop = .headersTooLong
            return false
        }
        phase = .body
        if firstByteCame == nil { firstByteCame = SystemTime().boot() }
        if Self.isStatusLine(line) {
            head.removeAll()
            body = []
            return true
        }
        if line.first == 13 || line.first == 10 {
            if isRedirect { isRedirected(context) }
            return true
        }
        head.append(line: line)
        return true
    }

    private static func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count >= 5 && line[0] == UInt8(ascii: "H") && line[1] == UInt8(ascii: "T")
            && line[2] == UInt8(ascii: "T") && line[3] == UInt8(ascii: "P")
            && line[4] == UInt8(ascii: "/")
    }

    /// The body of such an answer is read, for the connection may be used again, and is handed to
    /// nobody: only the progress of it is told. Until it is at its end, we are still here.
    private func isRedirected(_ context: UnsafeMutableRawPointer?) {
        redirectedAfter = hops
        tools.leaving.insert(order.id)
        guard let context else { return }
        needsOwnOptions = true
        set(CURLOPT_XFERINFODATA, pointer: context)
        watchd_easy_set_progress(easy) { context, _, received, _, _ in
            Transfer.at(context)?.ignored(bytes: Int(received)) ?? true ? 0 : 1
        }
        set(CURLOPT_NOPROGRESS, 0)
    }

    private func ignored(bytes: Int) -> Bool {
        guard redirectedAfter != nil, bytes > request.maxBody else { return true }
        stop = .tooLarge
        return false
    }

    /// Whether the answer just read sends libcurl elsewhere.
    private var isRedirect: Bool {
        request.redirects > 0 && (300..<400).contains(status)
            && head.first("location") != nil
    }

    private func received(body bytes: UnsafeRawBufferPointer) -> Bool {
        if let onBytes = order.onBytes, (200..<300).contains(status) {
            guard onBytes(Array(bytes)) else {
                stop = .byReader
                return false
            }
            return true
        }
        guard body.count + bytes.count <= request.maxBody else {
            stop = .tooLarge
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// A socket that no child process inherits. An address without a route is not even tried.
    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard !isGivenUp else { return CURL_SOCKET_BAD }
        phase = .connect
        redirectedAfter = nil
        watchFurtherAddresses()
        // The structure's end may lie behind what C says of it: addresses differ in length.
        let length = Int(address.pointee.addrlen)
        tried = withUnsafePointer(to: &address.pointee.addr) {
            Array(UnsafeRawBufferPointer(start: $0, count: length))
        }
        let family = address.pointee.family
        if family != AF_UNIX, !tools.routes.isKnown(tried), let code = routeError(address) {
            localErrno = code
            return -1
        }
        let descriptor = Glibc.socket(
            family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol)
        if descriptor < 0 { localErrno = errno }
        socket = descriptor
        return descriptor
    }

    /// Connecting a datagram socket sends nothing and fails where there is no route (connect(2)).
    private func routeError(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32? {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(address.pointee.family, type, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let length = address.pointee.addrlen
        let code = withUnsafePointer(to: &address.pointee.addr) {
            connect(descriptor, $0, length) == 0 ? 0 : errno
        }
        if code == 0 { tools.routes.note(tried) }
        return [ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL].contains(code) ? code : nil
    }
}
