// The probe kind `prometheus`: what an instant query of another monitoring system answers
// (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries).

public struct PrometheusCheck: Hashable, Sendable, Codable {
    /// How the server is asked; the URL is that of the server, without the API's path.
    public var request: HTTPRequestSpec
    /// PromQL; its answer is one number.
    public var query: String
    /// All of these hold of that number.
    public var value: [HTTPExpectation.Comparison]

    public init(
        request: HTTPRequestSpec, query: String, value: [HTTPExpectation.Comparison]
    ) {
        self.request = request
        self.query = query
        self.value = value
    }
}
