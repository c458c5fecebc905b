// Numbers for routes, so that counting one is an index and not a dictionary of strings.

import Glibc
import WatchCore

/// The distinct routes since it was emptied, at most as many as a slice can hold.
struct RouteTable {
    static let limit = RouteTallies.limit
    private static let places = 1024

    /// Goes up when it is emptied: numbers of before mean nothing any more.
    private(set) var generation: Int32 = 0
    private(set) var names: [String] = []
    private var hashes: [UInt64] = []
    private var texts: [UInt8] = []
    private var ends: [Int] = []
    /// Number of the route + 1, by hash, probing on; 0: free.
    private var index = [Int16](repeating: 0, count: RouteTable.places)

    var isFull: Bool { names.count >= Self.limit }

    mutating func removeAll() {
        generation &+= 1
        names.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for place in index.indices { index[place] = 0 }
    }

    /// nil: it is new and the table is full.
    mutating func number(of route: UnsafeRawBufferPointer) -> Int32? {
        let hash = Self.hash(route)
        var place = Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (Self.places - 1)
        while index[place] != 0 {
            let number = Int(index[place]) - 1
            if hashes[number] == hash, isEqual(number, route) { return Int32(number) }
            place = (place + 1) & (Self.places - 1)
        }
        guard !isFull else { return nil }
        names.append(String(decoding: route, as: UTF8.self))
        hashes.append(hash)
        texts += route
        ends.append(texts.count)
        index[place] = Int16(names.count)
        return Int32(names.count - 1)
    }

    /// As FNV-1a, eight bytes at a time; collisions cost time, which the table bounds.
    private static func hash(_ route: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(route.count)
        var at = 0
        while at + 8 <= route.count {
            let word = route.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            hash = mixed(hash, word)
            at += 8
        }
        if at < route.count, route.count >= 8 {
            // The last eight, some of them again.
            let word = route.loadUnaligned(fromByteOffset: route.count - 8, as: UInt64.self)
            return mixed(hash, word)
        }
        while at < route.count {
            hash = (hash ^ UInt64(route[at])) &* 0x100_0000_01B3
            at += 1
        }
        return hash ^ (hash >> 29)
    }

    private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        return product ^ (product >> 32)
    }

    private func isEqual(_ number: Int, _ route: UnsafeRawBufferPointer) -> Bool {
        let start = number == 0 ? 0 : ends[number - 1]
        guard ends[number] - start == route.count else { return false }
        return texts.withUnsafeBytes { texts in
            guard let a = texts.baseAddress, let b = route.baseAddress else { return true }
            return memcmp(a + start, b, route.count) == 0
        }
    }
}
