// The files of this repository, as far as they are text that somebody wrote.

import FoundationEssentials

struct Repository: Sendable {
    private static let skipped: Set<String> = [
        ".build", ".build-fuzz", ".git", ".swiftpm", "out", "Package.resolved",
    ]
    /// A larger file is data.
    private static let limit = 1 << 20

    let files: [SourceFile]

    init(root: String) {
        var files: [SourceFile] = []
        Self.visit(root, "", &files)
        self.files = files.sorted { $0.path < $1.path }
    }

    /// The repository that this file belongs to.
    static let own = Repository(
        root: #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })

    private static func visit(_ root: String, _ path: String, _ files: inout [SourceFile]) {
        let manager = FileManager.default
        let whole = path.isEmpty ? root : root + "/" + path
        for name in (try? manager.contentsOfDirectory(atPath: whole)) ?? []
        where !skipped.contains(name) {
            let inner = path.isEmpty ? name : path + "/" + name
            let attributes = try? manager.attributesOfItem(atPath: root + "/" + inner)
            switch attributes?[.type] as? FileAttributeType {
            case .typeDirectory: visit(root, inner, &files)
            case .typeRegular:
                guard let data = try? Data(contentsOf: URL(filePath: root + "/" + inner)),
                    data.count <= limit,
                    let text = String(validating: data, as: UTF8.self)
                else { continue }
                files.append(SourceFile(path: inner, text: text))
            default: break
            }
        }
    }

    /// Targets under `Sources` that hold Swift, and whether any test is about them.
    var untestedTargets: [String] {
        let written = files.filter { $0.isSource && $0.isSwift && !Self.isPlaceholder($0) }
        let tested = files.filter { $0.isTest && $0.isSwift && Self.tests($0) > 0 }.map(\.target)
        return Set(written.map(\.target)).filter { target in
            !tested.contains(Self.programs[target] ?? target + "Tests")
        }.sorted()
    }

    /// Programs are tested with what they are made of.
    private static let programs = [
        "watchd": "WatchDaemonTests", "watchctl": "WatchControlTests",
        "watchd-step": "WatchActionsTests", "watchd-simulate": "WatchSimulatorTests",
    ]

    static func tests(_ file: SourceFile) -> Int {
        file.lines(with: "@Test").count - file.lines(with: "func placeholder()").count
    }

    /// A line or two that only keep a target from being empty.
    static func isPlaceholder(_ file: SourceFile) -> Bool {
        file.code.count { line in line.contains { $0 != " " } } < 3
    }
}
