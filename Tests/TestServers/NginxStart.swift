// How tests start nginx.

import WatchSystem

/// Starts nginx with `words` as its command line, the program's name first.
///
/// It is given none of this process's open files: another test waits for the end of a pipe, whose
/// other end a server would keep open for as long as it runs.
/// - Returns: nil: it could not be started.
public func startNginx(_ words: [String]) -> Int32? {
    try? ProgramStart.start("/usr/sbin/nginx", words) { _ in }
}
