// An nginx of the test's own: its own prefix, its own port, gone with the test.

import Glibc
import TestServers

final class Nginx {
    static var isInstalled: Bool { access("/usr/sbin/nginx", X_OK) == 0 }

    struct Failed: Error {
        var why: String
    }

    private let port: UInt16
    private let log: String
    private let process: pid_t
    private var isStopped = false

    init(directory: Directory, log: String, format: String) throws {
        port = try unusedPort()
        self.log = log
        let configuration = """
            daemon off; master_process on; worker_processes 1; user root;
            pid \(directory.file("nginx.pid")); error_log \(directory.file("error.log"));
            events { worker_connections 64; }
            http {
              log_format timed '\(format)';
              access_log \(log) timed;
              client_body_temp_path \(directory.path); proxy_temp_path \(directory.path);
              fastcgi_temp_path \(directory.path); uwsgi_temp_path \(directory.path);
              scgi_temp_path \(directory.path);
              server { listen 127.0.0.1:\(port);
                location = /broken { return 503; } location / { return 200 "ok"; } }
            }
            """
        let path = directory.file("nginx.conf")
        Writer(path).write(configuration)
        let words = ["nginx", "-p", directory.path, "-c", path, "-e", directory.file("error.log")]
        guard let pid = startNginx(words) else { throw Failed(why: "nginx did not start") }
        process = pid
        for _ in 0..<100_000 where !isListening { sched_yield() }
        guard isListening else {
            stop()
            throw Failed(why: "nginx does not listen")
        }
    }

    deinit { stop() }

    private var isListening: Bool {
        guard let descriptor = connected() else { return false }
        close(descriptor)
        return true
    }

    /// One request, answered and logged when this returns (nginx logs before it closes).
    func get(_ path: String) {
        guard let descriptor = connected() else { return }
        defer { close(descriptor) }
        let request = "GET \(path) HTTP/1.0\r\n\r\n"
        _ = Array(request.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        var answer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &answer, answer.count) > 0 {}
    }

    /// Returns when the new file is there; the worker may go on with the old one for a moment.
    func reopenLogs() {
        kill(process, SIGUSR1)
        while access(log, F_OK) != 0 { sched_yield() }
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        kill(process, SIGTERM)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    private func connected() -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
