// What values that encode themselves talk to.

struct StreamEncoder: Encoder {
    let writer: JSONWriter
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            Members(writer: writer, depth: writer.begin(isObject: true), codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        Items(writer: writer, depth: writer.begin(isObject: false), codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Single(writer: writer, codingPath: codingPath)
    }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let depth: Int
    let codingPath: [any CodingKey]

    private func begin(_ key: any CodingKey) { writer.key(key.stringValue, at: depth) }

    mutating func encodeNil(forKey key: Key) {
        begin(key)
        writer.writeNull()
    }

    mutating func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        writer.write(value)
    }

    mutating func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.write(value)
    }

    mutating func encode(_ value: Double, forKey key: Key) throws {
        begin(key)
        try writer.write(value, at: codingPath + [key])
    }

    mutating func encode(_ value: Int, forKey key: Key) {
        begin(key)
        writer.write(value)
    }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        begin(key)
        try writer.write(value, at: codingPath + [key])
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        superEncoder(forKey: key).container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        superEncoder(forKey: key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        writer.key("super", at: depth)
        return StreamEncoder(writer: writer, codingPath: codingPath)
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
        begin(key)
        return StreamEncoder(writer: writer, codingPath: codingPath + [key])
    }
}

private struct Items: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let depth: Int
    let codingPath: [any CodingKey]
    private(set) var count = 0

    init(writer: JSONWriter, depth: Int, codingPath: [any CodingKey]) {
        self.writer = writer
        self.depth = depth
        self.codingPath = codingPath
    }

    private mutating func begin() {
        writer.next(at: depth)
        count += 1
    }

    mutating func encodeNil() {
        begin()
        writer.writeNull()
    }

    mutating func encode(_ value: some Encodable) throws {
        begin()
        try writer.write(value, at: codingPath)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        superEncoder().container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        superEncoder().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        return StreamEncoder(writer: writer, codingPath: codingPath)
    }
}

private struct Single: SingleValueEncodingContainer {
    let writer: JSONWriter
    let codingPath: [any CodingKey]

    mutating func encodeNil() { writer.writeNull() }
    mutating func encode(_ value: Bool) { writer.write(value) }
    mutating func encode(_ value: String) { writer.write(value) }
    mutating func encode(_ value: Double) throws { try writer.write(value, at: codingPath) }
    mutating func encode(_ value: Float) throws {
        try writer.write(Double(value), at: codingPath)
    }
    mutating func encode(_ value: Int) { writer.write(value) }
    mutating func encode(_ value: Int8) { writer.write(value) }
    mutating func encode(_ value: Int16) { writer.write(value) }
    mutating func encode(_ value: Int32) { writer.write(value) }
    mutating func encode(_ value: Int64) { writer.write(value) }
    mutating func encode(_ value: UInt) { writer.write(value) }
    mutating func encode(_ value: UInt8) { writer.write(value) }
    mutating func encode(_ value: UInt16) { writer.write(value) }
    mutating func encode(_ value: UInt32) { writer.write(value) }
    mutating func encode(_ value: UInt64) { writer.write(value) }

    mutating func encode(_ value: some Encodable) throws {
        try writer.write(value, at: codingPath)
    }
}
