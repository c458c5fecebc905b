import Testing
import WatchCore

@Suite struct ProductTests {
    /// Semantic Versioning: three numbers.
    @Test func theVersionIsThreeNumbers() {
        #expect(Product.version.split(separator: ".").compactMap { Int($0) }.count == 3)
    }
}
