// Whose fault it is that no answer came: a failure speaks against the target, an error against
// nobody.

import Testing
import WatchHTTP

@Suite struct HTTPFailureTests {
    @Test(arguments: [
        HTTPFailure.Kind.nameNotResolved, .networkUnreachable, .hostUnreachable,
        .noLocalResources, .permissionDenied, .badCAFile, .badRequest, .cancelled, .other(1),
    ])
    func whatKeptUsFromAskingIsOurFault(kind: HTTPFailure.Kind) {
        #expect(kind.isOurs)
    }

    @Test(arguments: [
        HTTPFailure.Kind.refused, .reset, .tls("expired"), .tooLarge, .tooManyRedirects,
        .badResponse, .timeout(.name), .timeout(.connect), .timeout(.tls), .timeout(.firstByte),
        .timeout(.body),
    ])
    func whatTheTargetDidIsNotOurFault(kind: HTTPFailure.Kind) {
        #expect(!kind.isOurs)
    }
}
