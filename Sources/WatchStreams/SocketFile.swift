// A socket in the file system that programs of this host write to: it is made, looked after, and
// taken away. One that a killed process left behind must not be in the way.

import Glibc

public struct SocketFile: Sendable {
    public enum Kind: Sendable {
        case datagrams, connections

        var type: Int32 {
            switch self {
            case .datagrams: Int32(SOCK_DGRAM.rawValue)
            case .connections: Int32(SOCK_STREAM.rawValue)
            }
        }
    }

    /// Which file it is, whatever its name.
    public struct Identity: Hashable, Sendable {
        fileprivate var identity: LogFile.Identity
    }

    public let path: String
    let kind: Kind

    public init(_ path: String, _ kind: Kind) {
        self.path = path
        self.kind = kind
    }

    /// Of what is there under its name; nil: nothing is.
    public var identity: Identity? {
        status.map { Identity(identity: LogFile.Identity($0)) }
    }

    private var status: stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// Takes away what nobody reads any more. Why the name cannot be used; nil: it can.
    public func makeWay() -> String? {
        guard let status else { return nil }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            return "\(path) is there and no socket; choose another path"
        }
        // One that nobody reads was left behind by a process that was killed.
        guard withAddress({ connect($0, $1, $2) }) == ECONNREFUSED else {
            return "another program, or another stream, reads from \(path); choose another path"
        }
        unlink(path)
        return nil
    }

    /// Gives it its permissions.
    public func allow(_ mode: Int) { chmod(path, mode_t(mode)) }

    /// Takes it away, if it is still the one that was made.
    public func remove(_ made: Identity?) {
        if made == identity { unlink(path) }
    }

    /// Why it could not be made, from errno(3).
    public func sentence(_ code: Int32) -> String {
        switch code {
        case EACCES, EPERM, EROFS:
            "watchd's user may not make \(path); choose a directory that it may write to, such as "
                + "/run/watchd"
        case ENOENT: "the directory of \(path) is not there; make it, or choose another"
        default: "\(path) cannot be made (\(String(cString: strerror(code)))); watchd tries again"
        }
    }

    /// The error of a call with the socket's address, on a socket of its own unless one is given.
    func withAddress(
        on given: Int32? = nil, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // Not waited for: a reader whose queue is full reads.
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = given ?? Glibc.socket(AF_UNIX, kind.type | flags, 0)
        defer { if given == nil, descriptor >= 0 { Glibc.close(descriptor) } }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
    }
}
