// On a full disk a step that surely did not begin waits: it is named as skipped, nothing of it is
// recorded, and when there is room it runs, once.

import Foundation
import TestServers
import Testing
import WatchCore
import WatchSystem

@testable import WatchActions

/// A tmpfs of 1 MB that is mounted for nobody but a process of its own, through which it is seen.
private final class SmallDisk: Sendable {
    let path: String
    private let holder = ChildProcess()
    private let input = Pipe()
    private let root: String

    init() throws {
        var template = Array("/tmp/watchd-full.XXXXXX".utf8CString)
        root = try #require(mkdtemp(&template).map { String(cString: $0) })
        holder.arguments = [
            "unshare", "-m", "sh", "-c",
            "mount -t tmpfs -o size=1m,mode=700 tmpfs \(root) && echo && exec cat >/dev/null",
        ]
        let output = Pipe()
        (holder.standardInput, holder.standardOutput) = (input, output)
        try holder.run()
        try #require(output.fileHandleForReading.availableData.count == 1, "it is not mounted")
        path = "/proc/\(holder.processIdentifier)/root\(root)"
        try #require(mkdir(path + "/steps", 0o700) == 0)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        holder.waitUntilExit()
        rmdir(root)
    }

    /// To the last block.
    func fill() {
        let file = open(path + "/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
    }

    func clear() { unlink(path + "/filler") }
}

@Suite(.enabled(if: geteuid() == 0, "mounting a file system needs root"))
struct FullDiskTests {
    private let bench: Bench
    private let disk: SmallDisk
    private let systemd: FakeSystemd

    init() throws {
        bench = try Bench()
        disk = try SmallDisk()
        systemd = FakeSystemd(logs: bench.root + "/logs")
    }

    private func runner(
        makeRoom: @escaping @Sendable () -> Bool = { false }
    ) -> (StepRunner, Answers) {
        var settings = bench.settings
        settings.directory = disk.path + "/steps"
        settings.makeRoom = makeRoom
        let answers = Answers()
        let runner = StepRunner(
            settings: settings, secrets: bench.secrets, bus: systemd, client: Bench.client,
            time: SystemTime()
        ) { answers.put($0) }
        return (runner, answers)
    }

    /// - Returns: whether it was put off, and not answered.
    private func isPutOff(_ task: StepTask, _ runner: StepRunner, _ answers: Answers) async -> Bool
    {
        runner.run(task)
        let ending = await answers.next(task.id).ending
        guard case .unknown(let why) = ending, why.hasPrefix(Answers.putOff) else {
            Issue.record("\(ending)")
            return false
        }
        #expect(why.contains("no space left for the records of steps"))
        return true
    }

    @Test(arguments: [false, true])
    func aProgramThatFoundNoRoomToBeClaimedRunsWhenThereIsSome(hasInput: Bool) async throws {
        let (runner, answers) = runner()
        var task = bench.shell("echo ran >> \(bench.root)/runs; cat >> \(bench.root)/runs")
        if hasInput, case .exec(let words, _) = task.action {
            var settings = ProgramSettings()
            settings.input = Template(literal: "hello\n")
            task.action = .exec(words, settings)
        }
        disk.fill()
        #expect(await isPutOff(task, runner, answers))
        #expect(await !runner.hasRoom())
        runner.resume(task)
        #expect(await answers.next("t1").ending.reason.contains(Answers.putOff))
        #expect(bench.text("runs") == "")
        disk.clear()
        #expect(await runner.hasRoom())
        runner.resume(task)
        #expect(await answers.next("t1").ending == .exited(0))
        #expect(bench.text("runs") == (hasInput ? "ran\nhello\n" : "ran\n"))
    }

    /// The directory is there and the shim is begun; it is the shim that finds no room.
    @Test func theShimSaysThatItFoundNoRoom() async throws {
        let (runner, answers) = runner()
        let task = bench.shell("echo ran >> \(bench.root)/runs")
        try #require(mkdir(disk.path + "/steps/t1", 0o700) == 0)
        try File.writeAtomically(disk.path + "/steps/t1/shim.log", [])
        disk.fill()
        #expect(await isPutOff(task, runner, answers))
        #expect(TaskDirectory.entries(disk.path + "/steps/t1") == ["shim.log"])
        disk.clear()
        runner.resume(task)
        #expect(await answers.next("t1").ending == .exited(0))
        #expect(bench.text("runs") == "ran\n")
    }

    @Test func whatIsKeptForBadTimesIsGivenUpFirst() async throws {
        let (disk, given) = (disk, Counter())
        let (runner, answers) = runner {
            _ = given.next()
            disk.clear()
            return true
        }
        disk.fill()
        runner.run(bench.shell("echo ran >> \(bench.root)/runs"))
        #expect(await answers.next("t1").ending == .exited(0))
        systemd.exitAtOnce(0)
        disk.fill()
        runner.run(bench.unit("link", id: "t2"))
        #expect(await answers.next("t2").ending == .exited(0))
        #expect(given.value == 2)
    }

    @Test func aRequestThatCouldNotBeNotedIsSentWhenItCan() async throws {
        let asked = Counter()
        let api = try #require(
            FakeAPI { _ in
                _ = asked.next()
                return .answer(200)
            })
        let (runner, answers) = runner()
        let task = bench.http(HTTPCall(request: .post(api.url + "/x")))
        disk.fill()
        #expect(await isPutOff(task, runner, answers))
        #expect(asked.value == 0)
        disk.clear()
        runner.resume(task)
        #expect(await answers.next("t1").ending == .exited(0))
        #expect(asked.value == 1)
    }

    @Test func aUnitThatCouldNotBeNotedIsStartedWhenItCan() async throws {
        let (runner, answers) = runner()
        let task = bench.unit("link", with: "1.9.0")
        systemd.exitAtOnce(0)
        disk.fill()
        #expect(await isPutOff(task, runner, answers))
        #expect(systemd.runs("watchd-rollback@link:1.9.0.service") == 0)
        disk.clear()
        runner.resume(task)
        #expect(await answers.next("t1").ending == .exited(0))
        #expect(systemd.runs("watchd-rollback@link:1.9.0.service") == 1)
    }

    /// Whoever aborts meanwhile is answered, and it never begins.
    @Test func whatIsPutOffCanBeGivenUp() async throws {
        let (runner, answers) = runner()
        let task = bench.shell("echo ran >> \(bench.root)/runs")
        disk.fill()
        #expect(await isPutOff(task, runner, answers))
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(bench.text("runs") == "")
    }

    /// Nobody asks it again when there is room: it is answered.
    @Test func aMereQuestionIsAnswered() async throws {
        let (runner, answers) = runner()
        disk.fill()
        runner.run(bench.shell("true", id: "dry=shop=1=shop=g0"))
        let ending = await answers.next("dry=shop=1=shop=g0").ending
        #expect(ending.reason.contains("could not start: no space left"), "\(ending)")
    }
}
