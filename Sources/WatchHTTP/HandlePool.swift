// Easy handles of requests that are done, for those to come: one that is set up for the same
// request, else one of which only the URL is to be changed, else one to be set up anew, which is
// still cheaper than making one.

/// Lives on the loop's thread only, as those that take from it.
final class HandlePool {
    static let limit = 128

    /// The one given back last is last; before all of them those that are set up for nothing.
    private var idle: [(key: Int, handle: EasyHandle)] = []

    /// One whose `order` is this one needs no setting up. Nil: no memory.
    func take(for order: TransferLoop.Order) -> EasyHandle? {
        let key = order.prepared.key
        var at = idle.count - 1
        while at >= 0 {
            if idle[at].key == key, let before = idle[at].handle.order,
                before.prepared === order.prepared || before.request == order.request
            {
                return ready(idle.remove(at: at).handle, for: order)
            }
            at -= 1
        }
        // What was asked lately may be asked again.
        guard let oldest = idle.first?.handle, idle.count == Self.limit || oldest.order == nil
        else { return EasyHandle() }
        idle.removeFirst()
        guard let before = oldest.order else { return oldest }
        guard before.request.isAsked(as: order.request), oldest.change(url: order.request.url)
        else {
            oldest.reset()
            return oldest
        }
        return ready(oldest, for: order)
    }

    private func ready(_ handle: EasyHandle, for order: TransferLoop.Order) -> EasyHandle {
        handle.isReady(for: order)
        return handle
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

extension HTTPRequest {
    /// Whether nothing but the URL differs, and nothing else depends on it.
    fileprivate func isAsked(as other: HTTPRequest) -> Bool {
        guard address == nil else { return false }
        var other = other
        other.url = url
        return self == other
    }
}
