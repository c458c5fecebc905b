// A directory: names in it, and when they changed.

import Glibc
public import WatchCore

public enum Directory {
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes it, unless it is there.
    public static func make(_ path: String, mode: UInt32) throws(SystemError) {
        if mkdir(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) { return }
        throw SystemError("create \(path)")
    }

    /// When something was last put into it or renamed in it; nil: it is no directory.
    public static func changed(_ path: String) -> WallTime? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        let time = status.st_mtim
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Names in it, in no order; empty when it cannot be read.
    public static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
