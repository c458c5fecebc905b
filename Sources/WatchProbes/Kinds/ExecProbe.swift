// The probe kind `exec`: runs a program and judges its exit status and what it prints. Plugins of
// Nagios and its kin have a language of their own, which is understood when asked for.

import WatchCore

struct ExecProbe: Sendable {
    /// The same program by several probes, or by a probe and its re-check.
    private static let runsAtOnce = 4

    let secrets: any SecretSource
    let workers: BlockingWorkers
    let time: any TimeSource

    func run(_ check: ExecCheck, _ run: ProbeRun) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        let finding = await onWorker(check, run.timeout)
        // Not when it came into line.
        report.result.started = finding.began ?? report.result.started
        report.result.outcome = finding.outcome
        report.result.body = finding.body
        report.result.timedOut = finding.timedOut
        report.result.status = finding.status
        report.result.degraded = finding.warning
        report.result.took = time.now().boot - report.result.started
        if run.isTraced {
            report.trace.asked = [check.arguments.joined(separator: " ")]
            report.trace.answered = finding.lines
        }
        return report
    }

    private struct Finding: Sendable {
        var outcome: ProbeResult.Outcome
        var body: String?
        var timedOut: Bool?
        var status: Int?
        /// When the program was started; nil: it was not.
        var began: Instant?
        /// What a plugin warns of, while it passes.
        var warning: String?
        /// The first lines it printed.
        var lines: [String] = []
    }

    private func onWorker(
        _ check: ExecCheck, _ timeout: Duration
    ) async -> Finding {
        let label = printable(check.arguments.joined(separator: " "), limit: 100)
        for number in 1...Self.runsAtOnce {
            // It keeps its time itself; what is longer is a kernel that does not let go of it.
            let answer = await workers.run(
                key: "exec:\(check.arguments) #\(number)", timeout: timeout + .seconds(5),
                waiting: timeout
            ) { [secrets, time] in
                let began = time.now().boot
                var finding = Self.find(check, timeout, secrets, time)
                finding.began = began
                return finding
            }
            switch answer {
            case .success(let finding): return finding
            case .failure(.stuck): continue
            case .failure(.timedOut):
                return Finding(
                    outcome: .error("\(label) cannot be started or killed; is its mount dead?"))
            case .failure(.full):
                return Finding(
                    outcome: .error("\(label) was not run: too many programs run already"))
            }
        }
        return Finding(
            outcome: .error(
                "\(label) was not run: \(Self.runsAtOnce) of it run already; is its mount dead?"))
    }

    private static func find(
        _ check: ExecCheck, _ timeout: Duration,
        _ secrets: any SecretSource, _ time: any TimeSource
    ) -> Finding {
        let known: KnownSecrets
        var environment: [String] = []
        do throws(Template.RenderError) {
            let references = Set(check.environment.flatMap(\.value.secrets))
            known = try KnownSecrets(references, from: secrets)
            for variable in check.environment {
                environment.append("\(variable.name)=\(try variable.value.render(secrets: known))")
            }
        } catch {
            switch error {
            case .noValue(let name): return Finding(outcome: .error("${\(name)} has no value here"))
            case .secret(let error): return Finding(outcome: .error(error.message))
            }
        }
        let redactor = Redactor(Array(known.values.values))
        let run = CommandRun(
            arguments: check.arguments, environment: environment, timeout: timeout, time: time)
        switch run.finished() {
        case .failure(let failure):
            return Finding(outcome: .error(redactor.redact(failure.message)))
        case .success(let ended):
            return ProgramJudge(check: check, redactor: redactor).finding(ended, timeout)
        }
    }

    /// What the end of a program means.
    private struct ProgramJudge {
        let check: ExecCheck
        let redactor: Redactor

        func finding(_ ended: CommandRun.Ended, _ timeout: Duration) -> Finding {
            var finding = Finding(outcome: outcome(ended, timeout))
            if case .exited(let code) = ended.ending { finding.status = Int(code) }
            finding.timedOut = ended.ending == .timedOut
            finding.lines = lines(ended)
            if check.isPlugin, ended.ending == .exited(1), finding.outcome == .pass {
                finding.warning = firstLine(ended)
            }
            if finding.outcome != .pass {
                finding.body = redactor.evidence(body: ended.output + ended.complaints)
            }
            return finding
        }

        private func lines(_ ended: CommandRun.Ended) -> [String] {
            let text = String(decoding: redactor.redact(ended.output), as: UTF8.self)
            return text.split(whereSeparator: \.isNewline).prefix(20).map { String($0) }
        }

        private func outcome(_ ended: CommandRun.Ended, _ timeout: Duration) -> ProbeResult.Outcome
        {
            switch ended.ending {
            case .timedOut:
                return .fail("did not end within \(timeout.text) and was killed\(words(ended))")
            case .flooded:
                return .fail(
                    "printed more than \(CommandRun.outputLimit / 1024) KB and was killed")
            case .signalled(let signal):
                return .fail("was killed by signal \(signal)\(words(ended))")
            case .exited(let code) where check.isPlugin:
                return plugin(code, ended)
            case .exited(let code):
                let wanted = check.exit.isEmpty ? [0] : check.exit
                guard wanted.contains(Int(code)) else {
                    let names = wanted.map(String.init).joined(separator: " or ")
                    return .fail("exit status \(code), expected \(names)\(words(ended))")
                }
                return printed(ended.output)
            }
        }

        /// Monitoring Plugins Development Guidelines, "Plugin Return Codes": the first line is for
        /// people, what follows a `|` for machines.
        private func plugin(_ code: Int32, _ ended: CommandRun.Ended) -> ProbeResult.Outcome {
            let text = firstLine(ended)
            switch code {
            case 0, 1: return printed(ended.output)
            case 2: return .fail(text.isEmpty ? "critical\(words(ended))" : text)
            case 3: return .error(text.isEmpty ? "unknown\(words(ended))" : text)
            default:
                return .error("exit status \(code), which no plugin may have\(words(ended))")
            }
        }

        /// Without the figures for machines.
        private func firstLine(_ ended: CommandRun.Ended) -> String {
            let line = ended.output.split(separator: UInt8(ascii: "\n")).first ?? []
            return redactor.excerpt(body: Array(line.prefix { $0 != UInt8(ascii: "|") }))
        }

        private func printed(_ output: [UInt8]) -> ProbeResult.Outcome {
            do throws(PatternFailure) {
                let complaint = try BodyJudge(
                    json: check.json, contains: check.contains,
                    matches: check.matches, redactor: redactor
                ).complaint(output, called: "what it printed") {
                    output.isEmpty ? "nothing" : "'\(redactor.excerpt(body: output))'"
                }
                return complaint.map { .fail($0) } ?? .pass
            } catch {
                return .error(error.message)
            }
        }

        /// The last line it complained in, else the first it printed.
        private func words(_ ended: CommandRun.Ended) -> String {
            let complaint = ended.lastComplaint.map { redactor.excerpt($0, limit: 160) } ?? ""
            let text = complaint.isEmpty ? redactor.excerpt(body: ended.output) : complaint
            return text.isEmpty ? "" : ": \(text)"
        }
    }
}
