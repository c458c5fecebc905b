// Durations go out as seconds with a fraction, the unit of everything else that is shown; the
// pair of integers the standard library would write says nothing to a reader.

extension KeyedEncodingContainer {
    /// Seconds, exact to the nanosecond up to eleven days.
    mutating func encode(seconds duration: Duration, forKey key: Key) throws {
        try encode(duration.seconds, forKey: key)
    }

    mutating func encodeIfPresent(seconds duration: Duration?, forKey key: Key) throws {
        try encodeIfPresent(duration?.seconds, forKey: key)
    }
}

extension KeyedDecodingContainer {
    func decodeSeconds(forKey key: Key) throws -> Duration {
        let seconds = try decode(Double.self, forKey: key)
        // Beyond what 64 bits of nanoseconds hold (292 years) the conversion would trap.
        guard abs(seconds) < 9e9 else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "\(seconds) s is no usable duration")
        }
        return Duration(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    func decodeSecondsIfPresent(forKey key: Key) throws -> Duration? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try decodeSeconds(forKey: key)
    }
}
