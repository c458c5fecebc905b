// Gathers every problem of all files, so that one run tells them all; and the questions that can
// only be answered once everything is read (does that plan exist?).

import WatchCore

final class Report {
    private(set) var diagnostics: [Diagnostic] = []
    private var later: [(WatchCore.Configuration) -> Void] = []

    func error(_ place: Place, _ message: String, remedy: String? = nil) {
        add(.error, place, message, remedy)
    }

    func warning(_ place: Place, _ message: String, remedy: String? = nil) {
        add(.warning, place, message, remedy)
    }

    /// Asked when all files are read.
    func check(_ body: @escaping (WatchCore.Configuration) -> Void) { later.append(body) }

    func runChecks(_ configuration: WatchCore.Configuration) {
        for check in later { check(configuration) }
    }

    /// `name` must be one of `known`.
    func require(
        _ name: String, among known: [String], _ what: String, at place: Place
    ) {
        guard !known.contains(name) else { return }
        let near = Suggestion.nearest(to: name, among: known)
        let list = known.isEmpty ? "there is none" : "there is \(known.joined(separator: ", "))"
        error(
            place, "no \(what) '\(printable(name, limit: 60))'",
            remedy: near.map { "did you mean '\($0)'?" } ?? list)
    }

    var sorted: [Diagnostic] {
        diagnostics.enumerated().sorted { a, b in
            let (first, second) = (a.element, b.element)
            if first.file != second.file { return first.file < second.file }
            if first.line != second.line { return first.line < second.line }
            if first.column != second.column { return first.column < second.column }
            return a.offset < b.offset
        }.map(\.element)
    }

    private func add(
        _ severity: Diagnostic.Severity, _ place: Place, _ message: String, _ remedy: String?
    ) {
        diagnostics.append(
            Diagnostic(
                file: place.file.name, line: place.line, column: place.column,
                severity: severity, message: message, remedy: remedy,
                sourceLine: place.file.line(place.line)))
    }
}
