// What is normal: the last known good release's own figures, to compare the running one with.

extension ServiceEngine {
    /// `function` over the last `baseline_window` of the last known good release's healthy time
    /// (DESIGN "Baseline").
    /// - Parameter needed: the signal's `min_samples`; a baseline needs ten times as many.
    func baselineReading(
        of function: SignalFunction, signal: String, needed: Int
    ) -> Reading {
        Reading(gap: .noData)
    }
}
