// What time brings to pages that were kept back, to acknowledgements, and to signals that cannot
// be measured.

extension ServiceEngine {
    mutating func advanceQuiet(_ context: inout Context) {
        if state.hasIncident {
            watchAcknowledgement(slot: .breaches, &context)
            releaseHeldPage(slot: .breaches, &context)
            passOnUndelivered(slot: .breaches, &context)
        }
        watchSight(&context)
        guard state.hasBlind else { return }
        watchAcknowledgement(slot: .blindness, &context)
        releaseHeldPage(slot: .blindness, &context)
        escalateWhenDue(slot: .blindness, &context)
        passOnUndelivered(slot: .blindness, &context)
    }
}
