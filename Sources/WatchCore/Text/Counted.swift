// Numbers of things, as people write them.

/// `1 service`, `3 services`: of nouns that take an `s`.
public func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
