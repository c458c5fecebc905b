// Easy handles of requests that are done, for those to come: one that is set up for the same
// request, else one to be set up anew, which is still cheaper than making one.

/// Lives on the loop's thread only, as those that take from it.
final class HandlePool {
    static let limit = 128

    /// The one given back last is last; before all of them those that are set up for nothing.
    private var idle: [(key: Int, handle: EasyHandle)] = []

    static func key(of request: HTTPRequest) -> Int { request.url.hashValue }

    /// Nil: no memory.
    func take(for request: HTTPRequest, key: Int) -> EasyHandle? {
        var at = idle.count - 1
        while at >= 0 {
            if idle[at].key == key, let order = idle[at].handle.order, order.request == request {
                return idle.remove(at: at).handle
            }
            at -= 1
        }
        // What was asked lately may be asked again.
        guard let oldest = idle.first?.handle, idle.count == Self.limit || oldest.order == nil
        else { return EasyHandle() }
        idle.removeFirst()
        if oldest.order != nil { oldest.reset() }
        return oldest
    }

    /// - Parameter handle: belongs to no multi handle any more.
    func giveBack(_ handle: EasyHandle, isReady: Bool) {
        handle.transfer = nil
        guard idle.count < Self.limit else { return }
        if isReady, handle.order != nil {
            idle.append((handle.key, handle))
        } else {
            handle.reset()
            idle.insert((0, handle), at: 0)
        }
    }
}
