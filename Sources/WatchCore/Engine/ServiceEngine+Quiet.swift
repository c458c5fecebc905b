// What time brings to pages that were kept back, to acknowledgements, and to signals that cannot
// be measured.

extension ServiceEngine {
    mutating func advanceQuiet(_ context: inout Context) {
        watchAcknowledgement(slot: \.incident, &context)
        releaseHeldPage(slot: \.incident, &context)
        watchSight(&context)
        guard state.blind != nil else { return }
        watchAcknowledgement(slot: \.blind, &context)
        releaseHeldPage(slot: \.blind, &context)
        escalateWhenDue(slot: \.blind, &context)
    }
}
