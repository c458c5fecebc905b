import FoundationEssentials
import Testing

@testable import WatchCore

private struct Dictionary: SecretSource {
    var secrets: [SecretReference: String] = [:]

    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        guard let secret = secrets[reference] else {
            throw SecretError(message: "\(reference) is not there")
        }
        return secret
    }
}

@Suite struct TemplateTests {
    @Test func placeholdersAreFilledIn() throws {
        let template = try Template("a ${to.version} b ${credential:token}${env:X} $ {} }")
        #expect(template.variables == ["to.version"])
        #expect(template.secrets == [.credential("token"), .environment("X")])
        let source = Dictionary(secrets: [.credential("token"): "s3", .environment("X"): "y"])
        #expect(
            try template.render(variables: ["to.version": "1.9.0"], secrets: source)
                == "a 1.9.0 b s3y $ {} }")
    }

    @Test func valuesAreNotReadAsTemplates() throws {
        let template = try Template("${a}")
        #expect(
            try template.render(variables: ["a": "${credential:token}"], secrets: Dictionary())
                == "${credential:token}")
        #expect(Template(literal: "${a}").variables.isEmpty)
    }

    @Test func aMissingValueIsAnErrorWithItsName() throws {
        let template = try Template("${from.commit}")
        #expect(throws: Template.RenderError.noValue(variable: "from.commit")) {
            try template.render(secrets: Dictionary())
        }
        let secret = try Template("${file:/etc/key}")
        #expect(
            throws: Template.RenderError.secret(
                SecretError(message: "${file:/etc/key} is not there"))
        ) { try secret.render(secrets: Dictionary()) }
    }

    @Test(arguments: [
        ("x ${a", 2), ("${}", 0), ("${a b}", 0), ("ü${credential:}", 1), ("${credential:a/b}", 0),
        ("${credential:..}", 0), ("${vault:x}", 0), ("${grün}", 0), ("${a}${b$}", 4),
    ])
    func whatIsNoTemplateIsRefusedWithItsPlace(text: String, offset: Int) {
        let error = #expect(throws: Template.ParseError.self) { try Template(text) }
        #expect(error?.offset == offset)
    }

    @Test func itIsStoredAsWritten() throws {
        let template = try Template("a ${credential:token}")
        let data = try JSONEncoder().encode([template])
        #expect(String(decoding: data, as: UTF8.self) == #"["a ${credential:token}"]"#)
        #expect(try JSONDecoder().decode([Template].self, from: data) == [template])
    }
}
