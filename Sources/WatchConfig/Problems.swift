// Collects what is wrong while the readers go on: all problems of all files in one run.

import WatchCore

/// Confined to one call of the loader.
final class Problems {
    /// So many are kept; a file that is worse than this is no configuration.
    static let limit = 500

    private var found: [(place: Place, diagnostic: Diagnostic)] = []
    private var dropped = 0
    private var hidden: [(file: Int, line: Int, text: String)] = []
    /// Reads each secret that is named, when the caller wants that.
    private let secrets: (any SecretSource)?
    private var secretAnswers: [SecretReference: String] = [:]

    init(secrets: (any SecretSource)? = nil) { self.secrets = secrets }

    func error(_ place: Place, _ message: String, _ remedy: String?) {
        add(.error, place, message, remedy)
    }

    func warning(_ place: Place, _ message: String, _ remedy: String?) {
        add(.warning, place, message, remedy)
    }

    private(set) var hasErrors = false

    /// What comes now is only counted.
    var isFull: Bool { found.count >= Self.limit }

    /// A secret that was written where it should only be named: quotes of the line hide it.
    func hide(_ text: String, at place: Place) {
        guard !text.isEmpty else { return }
        hidden.append((place.file.order, place.line, text))
    }

    /// Whether something was said of what stands there.
    func isReported(_ place: Place) -> Bool {
        found.contains { entry in
            entry.place.line == place.line && entry.place.column == place.column
                && entry.place.file.order == place.file.order
        }
    }

    private func masked(_ line: String, _ place: Place) -> String {
        hidden.reduce(line) { line, secret in
            guard secret.file == place.file.order, secret.line == place.line else { return line }
            let stars = String(repeating: "*", count: secret.text.unicodeScalars.count)
            return line.replacing(secret.text, with: stars)
        }
    }

    /// Sorted by file and position.
    var diagnostics: [Diagnostic] {
        var sorted = found.enumerated().sorted { a, b in
            let left = (a.element.place.file.order, a.element.place.line, a.element.place.column)
            let right = (b.element.place.file.order, b.element.place.line, b.element.place.column)
            return left == right ? a.offset < b.offset : left < right
        }.map { entry in
            var diagnostic = entry.element.diagnostic
            diagnostic.sourceLine = diagnostic.sourceLine.map { masked($0, entry.element.place) }
            return diagnostic
        }
        if dropped > 0, let last = sorted.last {
            sorted.append(
                Diagnostic(
                    file: last.file, line: last.line, column: last.column, severity: .error,
                    message: "\(dropped) further problems are not shown",
                    remedy: "mend these first"))
        }
        return sorted
    }

    private func add(
        _ severity: Diagnostic.Severity, _ place: Place, _ message: String, _ remedy: String?
    ) {
        if severity == .error { hasErrors = true }
        guard !isFull else {
            dropped += 1
            return
        }
        found.append(
            (
                place,
                Diagnostic(
                    file: place.file.name, line: place.line, column: place.column,
                    severity: severity, message: message, remedy: remedy,
                    sourceLine: place.file.line(place.line))
            ))
    }

    /// Says so when a secret of the template cannot be read. Each secret is read once.
    func check(_ template: Template, at place: (SecretReference) -> Place) {
        guard let secrets else { return }
        for reference in template.secrets {
            let problem: String
            if let known = secretAnswers[reference] {
                problem = known
            } else {
                do {
                    _ = try secrets.secret(reference)
                    problem = ""
                } catch {
                    problem = error.message
                }
                secretAnswers[reference] = problem
            }
            guard !problem.isEmpty else { continue }
            error(
                place(reference), "the secret cannot be read: \(problem)",
                "make it readable for watchd, or correct its name")
        }
    }
}
