// The JSON that goes over the socket, byte by byte: programs other than ours read it.

import Testing
import WatchCore
import WatchSystem

private let noon = WallTime(nanoseconds: 1_795_262_400_000_000_000)

/// `value` is written as `json`, and reads back from it.
private func expect<T: Codable & Equatable>(
    _ value: T, as json: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let bytes = try WireJSON.encode(value)
    #expect(String(decoding: bytes, as: UTF8.self) == json, sourceLocation: sourceLocation)
    let back = try WireJSON.decode(T.self, from: bytes)
    #expect(back == value, sourceLocation: sourceLocation)
}

@Suite struct WireShapeTests {
    @Test func aReadingHasItsValue() throws {
        try expect(
            Reading(value: 0.31, samples: 2400), as: #"{"samples":2400,"value":0.31}"#)
    }

    @Test(arguments: [
        (Reading.Gap.tooFewSamples(needed: 20), #"{"kind":"too-few-samples","needed":20}"#),
        (.warmingUp, #"{"kind":"warming-up"}"#),
        (.blind("unreadable"), #"{"kind":"blind","why":"unreadable"}"#),
        (.noData, #"{"kind":"no-data"}"#),
        (.undefined, #"{"kind":"undefined"}"#),
    ])
    func aReadingWithoutValueSaysNullAndWhy(gap: Reading.Gap, json: String) throws {
        try expect(
            Reading(gap: gap, samples: 12), as: #"{"gap":\#(json),"samples":12,"value":null}"#)
    }

    @Test func aReadingBeyondNumbersIsUndefinedAndNotAFailure() throws {
        let bytes = try WireJSON.encode(["x": Reading(value: .infinity, samples: 1)])
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"x":{"gap":{"kind":"undefined"},"samples":1,"value":null}}"#)
    }

    @Test(arguments: [
        (TaskResult.Ending.exited(0), #""code":0,"ending":"exited""#),
        (.signalled(9), #""ending":"signalled","signal":9"#),
        (.timedOut, #""ending":"timed-out""#),
        (.cancelled, #""ending":"cancelled""#),
        (.couldNotStart("no /bin/x"), #""ending":"could-not-start","message":"no /bin/x""#),
        (.unknown("rebooted"), #""ending":"unknown","message":"rebooted""#),
    ])
    func aTaskEndsOnOneLevel(ending: TaskResult.Ending, json: String) throws {
        // Sorted keys put output and took (or signal) at the end.
        let tail =
            json.contains("signal\"")
            ? #""ending":"signalled","output":"done","signal":9,"took":1.25"#
            : json + #","output":"done","took":1.25"#
        try expect(
            TaskResult(ending: ending, output: "done", took: .milliseconds(1250)),
            as: "{\(tail)}")
    }

    @Test func aReleaseIsReadable() throws {
        try expect(
            Release(
                identity: ReleaseIdentity(version: "2.0.0", commit: "4f2c1d0"), standing: .good,
                baked: .minutes(30), standingReason: "baked",
                lastRan: Moment(boot: Instant(nanoseconds: 5), wall: noon),
                fields: ["deployedAt": "x", "build_id": "y"]),
            as: #"{"baked":1800,"fields":{"build_id":"y","deployedAt":"x"},"#
                + #""identity":{"commit":"4f2c1d0","version":"2.0.0"},"#
                + #""last_ran":{"boot":5,"wall":"2026-11-21T12:00:00.000Z"},"#
                + #""standing":"good","standing_reason":"baked"}"#)
    }

    @Test(arguments: [
        (Deployment.Origin.found, #"{"kind":"found"}"#),
        (.announced(by: "deploy"), #"{"by":"deploy","kind":"announced"}"#),
        (.read(source: "symlink:/srv"), #"{"kind":"read","source":"symlink:/srv"}"#),
        (.rollback(id: "shop-1-r1"), #"{"id":"shop-1-r1","kind":"rollback"}"#),
    ])
    func anOriginNamesItsKind(origin: Deployment.Origin, json: String) throws {
        try expect(origin, as: json)
    }

    @Test func anIncidentCarriesItsDurations() throws {
        let record = IncidentRecord(
            id: "shop-17", service: "shop", state: .recovered, severity: .critical, opened: noon,
            firstBad: noon - .seconds(130), decided: noon, cured: noon + .seconds(95.5))
        try expect(
            record,
            as: #"{"breaches":[],"cured":"2026-11-21T12:01:35.500Z","#
                + #""decided":"2026-11-21T12:00:00.000Z","detection_time":130,"#
                + #""downtime":225.5,"execution_time":95.5,"#
                + #""first_bad":"2026-11-21T11:57:50.000Z","id":"shop-17","#
                + #""is_false_alarm":false,"opened":"2026-11-21T12:00:00.000Z","#
                + #""rollbacks":[],"service":"shop","severity":"critical","#
                + #""state":"recovered","unconfirmed":[]}"#)
    }

    @Test func aStepTookSeconds() throws {
        try expect(
            RollbackRecord.StepRecord(
                task: "shop-17-r1.m0s0t0", title: "activate", command: "ln -s", began: noon,
                took: .milliseconds(820), result: TaskResult(ending: .exited(1), output: "no")),
            as: #"{"began":"2026-11-21T12:00:00.000Z","command":"ln -s","#
                + #""result":{"code":1,"ending":"exited","output":"no","took":0},"#
                + #""task":"shop-17-r1.m0s0t0","title":"activate","took":0.82}"#)
        try expect(
            RollbackRecord.StepRecord(task: "t", title: "a", command: "b", began: noon),
            as: #"{"began":"2026-11-21T12:00:00.000Z","command":"b","task":"t","title":"a"}"#)
    }

    @Test func aDurationOutOfBoundsIsRefusedInsteadOfACrash() {
        for took in ["1e300", "-1e10"] {
            let json = #"{"ending":"cancelled","output":"","took":\#(took)}"#
            #expect(throws: DecodingError.self) {
                try WireJSON.decode(TaskResult.self, from: Array(json.utf8))
            }
        }
    }
}
