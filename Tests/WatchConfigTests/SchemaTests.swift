// The schema says to editors what the loader says to everybody.

import FoundationEssentials
import Testing
import WatchConfig
import WatchCore

@Suite struct SchemaTests {
    private func schema() throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(ConfigurationSchema.json().utf8))
    }

    private func members(_ value: JSONValue?) -> [String: JSONValue] {
        if case .object(let members)? = value { members } else { [:] }
    }

    @Test func itIsADraft202012Schema() throws {
        let root = members(try schema())
        #expect(root["$schema"] == .string("https://json-schema.org/draft/2020-12/schema"))
        #expect(root["additionalProperties"] == .bool(false))
    }

    /// Each key the schema names is known to the loader, and each the loader knows is named.
    @Test func itsTopLevelKeysAreTheLoaders() throws {
        let names = Set(members(members(try schema())["properties"]).keys)
        let help = try #require(errors("zzzzzzzz: 1").first?.remedy)
        let known = help.replacing("known here: ", with: "").split(separator: ", ")
        #expect(names == Set(known.map(String.init)))
    }

    @Test func itsServiceAndProbeKeysAreTheLoaders() throws {
        let service = try schema()[JSONPath("$.properties.services.additionalProperties")]
        let probe = try service?[JSONPath("$.properties.probes.additionalProperties")]
        for (text, place) in [
            ("services: { a: { zzzzzzzz: 1 } }", service),
            (
                "services: { a: { probes: { p: { http: 'http://a', every: 1s, zzzzzzzz: 1 } } } }",
                probe
            ),
        ] {
            let help = try #require(errors(text).first?.remedy)
            let known = help.replacing("known here: ", with: "").split(separator: ", ")
            #expect(Set(members(members(place)["properties"]).keys) == Set(known.map(String.init)))
        }
    }

    @Test func durationsHaveTheLoadersForm() throws {
        let path = try JSONPath("$['$defs'].duration.pattern")
        let pattern = try #require(try schema()[path]?.scalarText)
        let regex = try Regex(pattern)
        for text in ["500ms", "10s", "1.5s", "1h30m", "7d", "0"] {
            #expect(try regex.wholeMatch(in: text) != nil && Duration(text: text) != nil)
        }
        for text in ["30", "5min", "-5s", ""] {
            #expect(try regex.wholeMatch(in: text) == nil, "\(text)")
        }
    }

    @Test func requiredKeysAreSaid() throws {
        let path = try JSONPath("$.properties.plans.additionalProperties.required")
        #expect(try schema()[path] == .array([.string("methods"), .string("verify")]))
    }
}
