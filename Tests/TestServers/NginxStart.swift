// How tests start nginx.

import CProcess
import Glibc

/// Starts nginx with `words` as its command line, the program's name first.
///
/// It is given none of this process's open files: another test waits for the end of a pipe, whose
/// other end a server would keep open for as long as it runs.
/// - Returns: nil: it could not be started.
public func startNginx(_ words: [String]) -> Int32? {
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    _ = watchd_spawn_close_from(&actions, 3)
    var pid = pid_t()
    let code = posix_spawn(&pid, "/usr/sbin/nginx", &actions, nil, arguments, nil)
    return code == 0 ? pid : nil
}
