// What can happen in a small world, one at a time.

enum SearchMove: Hashable {
    /// A step of time with what the probe sees.
    case good, bad, blind
    /// A step of time in which no version source answers, and the probe sees nothing bad.
    case mute
    /// So much time at once that what waits for minutes comes: all is well, or nothing is seen.
    case calm, blindLong
    case deploy(Int)
    /// An older release comes back by other hands, and is read until that is certain.
    case redeploy(Int)
    /// The task that is out ends.
    case succeeds, fails, isLost
    case acknowledge, approve, deny, hold, resolve, rollBack, abort, switchArming
    /// Somebody says that the release that runs is good, or that it is bad.
    case mark(isGood: Bool)
    case maintain, silence, endQuiet
    case crash, reboot

    enum Kind: Hashable {
        case good, bad, blind, mute, calm, blindLong, deploy, redeploy, succeeds, fails, isLost
        case acknowledge, approve, deny, hold, resolve, rollBack, abort, switchArming, mark
        case maintain, silence, endQuiet, crash, reboot
    }
}
