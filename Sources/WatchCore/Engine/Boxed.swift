// What is large and mostly not there: kept apart, so that a value that may hold it stays small and
// is quick to copy.

/// An optional that costs one word in its holder. Stored as the optional would be.
@propertyWrapper
struct Boxed<Value: Hashable & Sendable & Codable>: Hashable, Sendable {
    /// One or none; none is no nil in it.
    private var box: [Value?] = []

    init(wrappedValue: Value?) {
        if let wrappedValue { box = [wrappedValue] }
    }

    var projectedValue: Boxed {
        _read { yield self }
    }

    /// Whether there is none: asked at every event, and no copy of one.
    var isEmpty: Bool { box.isEmpty }

    /// One member of it, without a copy of the rest.
    func peek<Member>(_ body: (Value) -> Member?) -> Member? {
        box.withUnsafeBufferPointer { box in
            guard !box.isEmpty else { return nil }
            // Looked at where it lies, which is the beginning of the optional: to unwrap a long
            // value copies it.
            return box.baseAddress?.withMemoryRebound(to: Value.self, capacity: 1) {
                body($0.pointee)
            }
        }
    }

    var wrappedValue: Value? {
        get { box.isEmpty ? nil : box[0] }
        // In its place: it is long to take out and to put back.
        _modify {
            if box.isEmpty {
                var value: Value?
                yield &value
                if let value { box.append(value) }
            } else {
                defer {
                    if case .none = box[0] { box = [] }
                }
                yield &box[0]
            }
        }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(box.count)
        for case .some(let value) in box { hasher.combine(value) }
    }
}

/// A value in one word, of which many hold the same until one of them changes it: for what is
/// handed on at every event and hardly ever changes.
struct Shared<Value> {
    /// Always one.
    private var box: [Value]

    init(_ value: Value) { box = [value] }

    var value: Value {
        _read { yield box[0] }
        _modify { yield &box[0] }
    }
}

extension Boxed: Codable {
    init(from decoder: any Decoder) throws {
        self.init(wrappedValue: try Value?(from: decoder))
    }

    func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension KeyedDecodingContainer {
    /// Nothing where the key is absent.
    func decode<Value>(_ type: Boxed<Value>.Type, forKey key: Key) throws -> Boxed<Value> {
        Boxed(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}

extension KeyedEncodingContainer {
    /// No key where there is nothing.
    mutating func encode<Value>(_ boxed: Boxed<Value>, forKey key: Key) throws {
        try encodeIfPresent(boxed.wrappedValue, forKey: key)
    }
}
