// What is large and mostly not there: kept apart, so that a value that may hold it stays small and
// is quick to copy.

/// An optional that costs one word in its holder. Stored as the optional would be.
@propertyWrapper
struct Boxed<Value: Hashable & Sendable & Codable>: Hashable, Sendable {
    /// One or none.
    private var box: [Value] = []

    init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }

    var projectedValue: Boxed {
        _read { yield self }
    }

    /// Whether there is none: asked at every event, and no copy of one.
    var isEmpty: Bool { box.isEmpty }

    /// One member of it, without a copy of the rest.
    func peek<Member>(_ body: (Value) -> Member?) -> Member? {
        box.withUnsafeBufferPointer { $0.isEmpty ? nil : body($0[0]) }
    }

    var wrappedValue: Value? {
        get { box.first }
        // Taken out while it changes, so that it is not copied.
        _modify {
            var value = box.popLast()
            defer {
                if let value { box.append(value) }
            }
            yield &value
        }
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
