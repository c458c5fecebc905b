// How long each part took, beside how long it ought to take.

import Testing

@testable import WatchCore

@Suite struct ComponentsTests {
    private func record() -> RollbackRecord {
        let began = WallTime.seconds(1_800_000_000)
        var record = RollbackRecord(
            id: "shop-1-r1", plan: "shop", from: ReleaseIdentity(version: "2"),
            to: ReleaseIdentity(version: "1"), state: .recovered, askedBy: "alice", began: began)
        func add(_ title: String, at: Int, took: Int?, target: Int? = nil) {
            var step = RollbackRecord.StepRecord(
                task: "t\(record.steps.count)", title: title, command: "x",
                began: began + .seconds(at), took: took.map { .seconds($0) })
            step.target = target.map { .seconds($0) }
            record.steps.append(step)
        }
        add("gate migration", at: 0, took: 2)
        add("gate backup", at: 2, took: 3)
        add("method restore: application", at: 10, took: 30, target: 60)
        add("method restore: application, try 2", at: 50, took: 40, target: 60)
        add("after: open", at: 90, took: 4, target: 5)
        add("check of method restore", at: 95, took: 1)
        record.verifying = began + .seconds(95)
        record.landed = began + .seconds(100)
        record.ended = began + .seconds(400)
        record.verifyTarget = 1200
        return record
    }

    @Test func gatesAreOneAndTriesOfAStepTheirWholeTime() {
        let parts = record().components
        #expect(
            parts.map(\.name) == [
                "gates", "method restore: application", "after: open", "landing", "validation",
            ])
        #expect(parts.map(\.took) == [5, 80, 4, 5, 300])
        #expect(parts.map(\.target) == [nil, 60, 5, nil, 1200])
        #expect(parts.map(\.late) == [false, true, false, false, false])
        #expect(parts[1].text == "method restore: application took 1m20s, target 1m")
    }

    @Test func whatNeverEndedIsNeitherLateNorForgotten() {
        var record = record()
        record.steps[4].took = nil
        record.landed = nil
        let parts = record.components
        #expect(parts[2].took == nil)
        #expect(!parts[2].late)
        #expect(parts[2].text == "after: open never ended, target 5s")
        #expect(parts.last?.name == "landing")
    }
}
