import Testing

@testable import WatchSimulator

@Suite struct ServiceBooksTests {
    @Test func aBookIsFoundByItsNameAndByItsPlace() {
        var books = ServiceBooks()
        books["shop"] = ServiceBook()
        books["mail"] = ServiceBook()
        books["mail"]?.good.insert("1.0")
        books["nobody"]?.good.insert("1.0")
        #expect(books.keys == ["shop", "mail"])
        #expect(books["mail"]?.good == ["1.0"])
        #expect(books[1]?.good == ["1.0"])
        #expect(books[0]?.good == [])
        #expect(books["nobody"] == nil)
        #expect(books.map { $0.key } == ["shop", "mail"])
        #expect(books.map { $0.value.good } == [[], ["1.0"]])
    }
}
