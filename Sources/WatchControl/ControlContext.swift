// What a request carries with it through Hummingbird: the connection, to ask the kernel whose
// it is.

import Hummingbird
import NIOCore

struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
