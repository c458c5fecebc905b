// Any text as an expression: an error with a place inside it, or something that evaluates to the
// same by both ways, whatever is measured.

import WatchCore

extension FuzzTarget {
    static func expression(_ bytes: [UInt8]) {
        let source = String(decoding: bytes, as: UTF8.self)
        let expression: Expression
        do throws(ExpressionError) {
            expression = try Expression(source)
        } catch {
            precondition(error.offset >= 0 && error.length >= 0, "a place before the text")
            precondition(
                error.offset + error.length <= source.utf8.count + 1, "a place behind the text")
            precondition(!error.message.isEmpty, "no message")
            return
        }
        let again = try? Expression(expression.text)
        precondition(again?.text == expression.text, "the canonical form reads differently")
        for terms in [EvaluationTerms.plain, EvaluationTerms(confidence: 0.95, slo: 0.999)] {
            for reading in readings {
                let finding = expression.find(terms) { _ in reading }
                let evaluation = expression.evaluate(terms) { _ in reading }
                precondition(finding.truth == evaluation.truth, "two ways, two truths")
            }
        }
    }

    private static let readings: [Reading] = [
        Reading(value: 0, samples: 0), Reading(value: 0.5, samples: 20),
        Reading(value: 1, samples: .max), Reading(value: -1, samples: 1),
        Reading(value: .infinity, samples: 1), Reading(value: .nan, samples: 1),
        Reading(value: .greatestFiniteMagnitude, samples: 1),
        Reading(value: .leastNonzeroMagnitude, samples: 1),
        Reading(gap: .noData), Reading(gap: .blind("no")), Reading(gap: .warmingUp),
    ]
}
