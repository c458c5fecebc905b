// Users and groups of this host. The answers may come from a network (LDAP, sssd), so they are
// asked for on a thread of their own and kept for a few seconds.

import Glibc
import NIOPosix
import Synchronization
import WatchCore

/// A user, with every group it is in.
struct Person: Hashable, Sendable {
    var uid: UInt32
    /// The number when it has no name.
    var name: String
    var groups: Set<UInt32>
}

final class UserDirectory: Sendable {
    private struct Entry<Value: Sendable>: Sendable {
        var value: Value
        var until: Instant
    }

    private struct PersonKey: Hashable {
        var uid: UInt32
        var gid: UInt32
    }

    private struct Cache {
        var people: [PersonKey: Entry<Person>] = [:]
        var groups: [String: Entry<UInt32?>] = [:]
    }

    /// A change of membership is seen after so long; a burst of requests asks once.
    private static let keep = Duration.seconds(5)
    /// Entries of each kind; when full, all are forgotten.
    private static let limit = 256

    private let cache = Mutex(Cache())
    private let time: any TimeSource

    init(time: any TimeSource) { self.time = time }

    /// - Parameter gid: the primary group of the asking process, which need not be the user's.
    func person(uid: UInt32, gid: UInt32) async throws -> Person {
        let key = PersonKey(uid: uid, gid: gid)
        let now = time.now().boot
        if let known = cache.withLock({ $0.people[key] }), now < known.until {
            return known.value
        }
        let person = try await NIOThreadPool.singleton.runIfActive {
            var found = lookUpPerson(uid: uid)
            found.groups.insert(gid)
            return found
        }
        cache.withLock {
            if $0.people.count >= Self.limit { $0.people.removeAll() }
            $0.people[key] = Entry(value: person, until: now + Self.keep)
        }
        return person
    }

    /// The number of a group; nil: there is none of that name.
    func group(_ name: String) async throws -> UInt32? {
        let now = time.now().boot
        if let known = cache.withLock({ $0.groups[name] }), now < known.until {
            return known.value
        }
        let id = try await NIOThreadPool.singleton.runIfActive { lookUpGroup(name) }
        cache.withLock {
            if $0.groups.count >= Self.limit { $0.groups.removeAll() }
            $0.groups[name] = Entry(value: id, until: now + Self.keep)
        }
        return id
    }
}

// MARK: - Blocking look-ups, on a thread of the pool

private func lookUpPerson(uid: UInt32) -> Person {
    var record = passwd()
    var result: UnsafeMutablePointer<passwd>?
    return withGrowingBuffer { buffer, size in
        let code = getpwuid_r(uid, &record, buffer, size, &result)
        if code == ERANGE { return nil }
        guard code == 0, result != nil, let name = record.pw_name else {
            return Person(uid: uid, name: String(uid), groups: [])
        }
        return Person(
            uid: uid, name: String(cString: name),
            groups: lookUpGroups(of: name, primary: record.pw_gid))
    } ?? Person(uid: uid, name: String(uid), groups: [])
}

/// getgrouplist(3); the kernel's limit is 65 536 groups (NGROUPS_MAX).
private func lookUpGroups(of name: UnsafePointer<CChar>, primary: gid_t) -> Set<UInt32> {
    var count: Int32 = 64
    while count <= 65_536 {
        var room = count
        var groups = [gid_t](repeating: 0, count: Int(count))
        if getgrouplist(name, primary, &groups, &room) >= 0 {
            return Set(groups.prefix(Int(room))).union([primary])
        }
        count = max(room, count * 2)
    }
    return [primary]
}

private func lookUpGroup(_ name: String) -> UInt32? {
    var record = group()
    var result: UnsafeMutablePointer<group>?
    let found: UInt32?? = withGrowingBuffer { buffer, size in
        let code = getgrnam_r(name, &record, buffer, size, &result)
        if code == ERANGE { return nil }
        return .some(code == 0 && result != nil ? record.gr_gid : nil)
    }
    return found ?? nil
}

/// Calls `body` with ever larger buffers while it returns nil (ERANGE), up to 1 MB.
private func withGrowingBuffer<Value>(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> Value?
) -> Value? {
    var size = 4096
    while size <= 1 << 20 {
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
        defer { buffer.deallocate() }
        if let value = body(buffer, size) { return value }
        size *= 4
    }
    return nil
}
