// Rotated files whose names say little about their age, and logs that the path leads to through
// links.

import Glibc
import Testing
import WatchCore
import WatchStreams

@Suite struct RotatedNamesTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }

    /// Which of several rotated files is the older one: each program has its own idea.
    enum Names: CaseIterable {
        case logback, log4j, epochs, american

        func name(_ number: Int) -> String {
            switch self {
            // Spring Boot: `.10` comes after `.9`.
            case .logback: "access.log.2026-11-27.\(number)"
            // `fileIndex="max"`: the larger, the younger.
            case .log4j: "access.log.\(number)"
            // rotatelogs, and logrotate with `dateformat .%s`.
            case .epochs: "access.log.\(1_795_000_000 + number * 3600)"
            // `%d{MM-dd-yyyy}` at New Year.
            case .american where number < 7: "access.log.12-2\(number)-2025"
            case .american: "access.log.01-0\(number - 6)-2026"
            }
        }
    }

    /// An hour each, and all of them long ago, or those from `now` on later than that.
    private func rotate(_ names: Names, _ number: Int, now fifth: Int = 20) {
        let name = directory.file(names.name(number))
        rename(log, name)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        now.tv_sec += (number < fifth ? number - 20 : number) * 3600
        _ = withUnsafePointer(to: now) { time in
            [time.pointee, time.pointee].withUnsafeBufferPointer {
                utimensat(AT_FDCWD, name, $0.baseAddress, 0)
            }
        }
    }

    @Test(arguments: Names.allCases)
    func noOlderLogIsReadAgainWhateverItsName(_ names: Names) {
        let writer = Writer(log)
        let following = Following(log)
        for number in 1...12 {
            writer.write("\(number)\n")
            following.poll()
            rotate(names, number)
            writer.reopen()
            // None is held any more.
            following.poll(after: .seconds(6))
            following.poll(after: .seconds(6))
        }
        #expect(following.lines == (1...12).map(String.init))
        #expect(following.seen.gaveUp == 0)
    }

    @Test(arguments: Names.allCases)
    func severalRotationsAreReadInTheirOrderWhateverTheNames(_ names: Names) {
        let writer = Writer(log)
        let following = Following(log)
        for number in 1...12 {
            writer.write("\(number)\n")
            if number < 5 { following.poll() }
            rotate(names, number, now: 5)
            writer.reopen()
            if number < 5 { following.poll(after: .seconds(6)) }
        }
        writer.write("13\n")
        following.poll()
        #expect(following.lines == (1...13).map(String.init))
        #expect(following.seen.gaveUp == 0)
    }

    /// `current` names another release, and then the one before again: a rollback.
    @Test(arguments: [25, 6000])
    func aLogThatThePathComesBackToIsReadOn(_ pause: Int) {
        let link = directory.file("current")
        func deploy(_ release: String) {
            let next = directory.file("next")
            symlink(directory.file(release), next)
            rename(next, link)
        }
        for release in ["r1", "r2"] { mkdir(directory.file(release), 0o755) }
        let (first, second) = (
            Writer(directory.file("r1/app.log")), Writer(directory.file("r2/app.log"))
        )
        deploy("r1")
        let following = Following(link + "/app.log")
        first.write("a\n")
        following.poll()
        deploy("r2")
        second.write("b\n")
        for _ in 0..<3 { following.poll(after: .milliseconds(pause)) }
        deploy("r1")
        first.write("c\n")
        for _ in 0..<3 { following.poll(after: .milliseconds(pause)) }
        let position = following.follower.position
        deploy("r2")
        second.write("d\n")
        let after = Following(link + "/app.log", position: position, beginning: .end)
        after.poll()
        #expect(following.lines == ["a", "b", "c"])
        #expect(after.lines == ["d"])
        #expect(following.seen.gaveUp + after.seen.gaveUp == 0)
    }

    /// As Kubernetes has them: a link into a directory where they are rotated.
    @Test func aLogThatIsALinkIsRotatedWhereItLies() {
        mkdir(directory.file("pods"), 0o755)
        let writer = Writer(directory.file("pods/0.log"))
        symlink(directory.file("pods/0.log"), log)
        let following = Following(log)
        writer.write("a\n")
        following.poll()
        writer.write("b\n")
        rename(directory.file("pods/0.log"), directory.file("pods/0.log.20261127-080000"))
        writer.reopen()
        writer.write("c\n")
        let after = Following(log, position: following.follower.position, beginning: .end)
        after.poll()
        #expect(following.lines + after.lines == ["a", "b", "c"])
    }
}
