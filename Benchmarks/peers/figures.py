"""The figures, each with what is wanted of it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time

from crowds import HOSTS, fleet, fleet_tls
from detecting import detecting
from measuring import (Processes, Trouble, cpu_of, fetch, free_port, listen_everywhere,
                       private_megabytes, wait_for)

HERE = pathlib.Path(__file__).resolve().parent
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

# The regex that is equivalent to the format of the lines, as in watchd-bench.
PATTERN = (
    r'^(?:[^ ]*) - (?:[^ ]*) \[([^\]]*)\] "(?:[^"]*)" (\d{3}) (?:[^ ]*) "(?:[^"]*)" "(?:[^"]*)" '
    r"([0-9.]+)$"
)
LITERAL = "integrity constraint|data loss"
RUNS = 5
AT_ONCE = 16


class Rows:
    def __init__(self):
        self.hold = True

    def plain(self, what, figure, note=""):
        print(f"  {what:44}{figure:22}{note}".rstrip(), flush=True)

    def limit(self, what, figure, value, least=None, most=None, unit="×"):
        """A value that must be at least, or at most, so much."""
        holds = value >= least if least is not None else value <= most
        wanted = f"at least {least}" if least is not None else f"at most {most}"
        self.hold = self.hold and holds
        verdict = "" if holds else "   DOES NOT HOLD"
        self.plain(what, figure, f"{value:.3g} {unit}, wanted {wanted}{verdict}")


class Bench:
    """Where a figure runs, and what it runs."""

    def __init__(self, programs, directory, rows, brief):
        self.watchd_bench = programs / "watchd-bench"
        self.watchd = programs / "watchd"
        self.directory = directory
        self.rows = rows
        self.scale = 0.1 if brief else 1
        self.processes = Processes(directory)

    def many(self, count):
        return int(count * self.scale)

    def write(self, kind, name, lines):
        path = self.directory / name
        self.processes.run([self.watchd_bench, "write", kind, path, "--lines", lines])
        return path

    def follow(self, path, lines, *options):
        """Lines a CPU second."""
        words = [self.watchd_bench, "follow", path, "--lines", lines, *options]
        return self.processes.best(RUNS, words, lines, "lines")

    def compile(self, name, *libraries):
        program = self.directory / name
        source = HERE / f"{name}.c"
        subprocess.run(["cc", "-O2", "-o", program, source, *libraries], check=True)
        return program

    def mtail(self, log, port, *options):
        programs = self.directory / "programs"
        programs.mkdir(exist_ok=True)
        shutil.copy(HERE / "access.mtail", programs)
        return ["mtail", "--address", "127.0.0.1", "--port", port, "--logtostderr",
                "--stderrthreshold", "ERROR", "--progs", programs, "--logs", log, *options]

    def daemon(self, configuration):
        """watchd in the foreground. There is no plan, so no step is ever run."""
        words = [self.watchd, "--config", configuration, "--state", self.directory / "state",
                 "--socket", self.directory / "watchd.sock", "--shim", "/bin/true"]
        return self.processes.start(words, "watchd")

    def share(self, process, seconds):
        """Percent of a core that it uses from now on."""
        before, begin = cpu_of(process.pid), time.monotonic()
        time.sleep(seconds)
        if process.poll() is not None:
            raise Trouble("watchd ended: " + (self.directory / "watchd.out").read_text()[-500:])
        return 100 * (cpu_of(process.pid) - before) / (time.monotonic() - begin)

    @property
    def certificate(self):
        return self.directory / "certificate.pem"

    def nginx(self, scheme="http"):
        """A server that answers each request with a small JSON; its address."""
        port = free_port()
        process = self.start_nginx(scheme, [f"127.0.0.1:{port}"])
        url = f"{scheme}://127.0.0.1:{port}/health"
        wait_for(url, process)
        return url

    def nginx_everywhere(self, scheme, ports):
        """The same at so many ports of all addresses of 127.0.0.0/8; the ports."""
        listeners = [listen_everywhere() for _ in range(ports)]
        numbers = [listener.getsockname()[1] for listener in listeners]
        process = self.start_nginx(scheme, [f"*:{number}" for number in numbers], listeners)
        for listener in listeners:
            listener.close()
        wait_for(f"{scheme}://127.0.0.1:{numbers[-1]}/health", process)
        return numbers

    def start_nginx(self, scheme, places, listeners=()):
        home = self.directory / "nginx"
        home.mkdir()
        key, options, more = self.directory / "key.pem", "backlog=1024", ""
        if scheme == "https":
            names = ",".join(["IP:127.0.0.1"] + [f"IP:127.0.1.{n + 1}" for n in range(HOSTS)])
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", self.certificate,
                 "-subj", "/CN=bench", "-addext", f"subjectAltName={names}", "-days", "2"],
                check=True, stderr=subprocess.DEVNULL)
            options += " ssl"
            more = (f"ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {self.certificate}; "
                    f"ssl_certificate_key {key};")
        text = (HERE / "nginx.conf.in").read_text(encoding="utf-8")
        path = home / "nginx.conf"
        lines = [f"listen {place} {options};" for place in places] + [more]
        path.write_text(
            text.replace("@LISTEN@", "\n".join(lines)).replace("@HOME@", str(home)))
        nginx = shutil.which("nginx", path=PATH)
        return self.processes.start([nginx, "-p", home, "-c", path, "-e", home / "errors"],
                                    "nginx", listeners)


def millions(rate):
    return f"{rate / 1e6:.2f} M lines/s"


def following(bench):
    """A whole file of timed nginx lines, from its beginning."""
    lines = bench.many(4_000_000)
    path = bench.write("nginx", "access.log", lines)
    loop = bench.compile("regex-loop", "-lpcre2-8")
    bare = bench.processes.best(RUNS, [loop, path, PATTERN], lines, "lines")
    bench.rows.plain("bare PCRE2-JIT loop in C", millions(bare), f"file of {lines} timed lines")
    share = lines // 8
    head = bench.write("nginx", "head.log", share)
    output, cpu = bench.processes.run(bench.mtail(head, free_port(), "--one_shot"))
    counted = sum(
        value["Value"]["Value"] for value in json.loads(output)["requests"][0]["LabelValues"])
    if counted != share:
        raise Trouble(f"mtail counted {counted} lines of {share}")
    peer = share / cpu
    bench.rows.plain("mtail", millions(peer), f"file of {share} timed lines")
    plain = bench.follow(path, lines)
    bench.rows.limit("follow: status, latency, time", millions(plain), plain / peer, least=40,
                     unit="× mtail")
    bench.rows.limit("", "", plain / bare, least=1.0, unit="× the bare loop")
    pattern = bench.follow(path, lines, "--pattern", LITERAL)
    bench.rows.limit("follow, with one pattern", millions(pattern), pattern / bare, least=0.5,
                     unit="× the bare loop")
    routes = bench.follow(path, lines, "--routes")
    bench.rows.limit("follow, with routes", millions(routes), routes / bare, least=0.5,
                     unit="× the bare loop")


def json_lines(bench):
    lines = bench.many(2_000_000)
    path = bench.write("json", "app.log", lines)
    size = path.stat().st_size // lines
    rate = bench.follow(path, lines, "--json")
    bench.rows.limit(f"follow JSON lines of {size} B", millions(rate), rate / 1e6, least=1.5,
                     unit="M lines/s")


def probing(bench):
    """Probes of a small JSON answer of a local nginx, over new connections and kept ones."""
    url = bench.nginx()
    count = bench.many(20_000)
    loop = bench.compile("curl-loop", "-lcurl")
    bare = {}
    for kind in ("fresh", "reused"):
        words = [loop, url, count, AT_ONCE, kind]
        bare[kind] = bench.processes.best(RUNS, words, count, "probes")
        bench.rows.plain(f"bare libcurl multi loop, {kind}", f"{bare[kind]:.0f} probes/s")
    peer = blackbox(bench, url)
    bench.rows.plain("blackbox_exporter", f"{peer:.0f} probes/s", "fresh connections")
    for kind, use in (("fresh", "fresh"), ("reused", "keep")):
        words = [bench.watchd_bench, "probe", url, "--count", count, "--at-once", AT_ONCE,
                 "--connection", use]
        rate = bench.processes.best(RUNS, words, count, "probes")
        what = f"HTTP probe: status, two JSON fields, {use}"
        if kind == "fresh":
            bench.rows.limit(what, f"{rate:.0f} probes/s", rate / peer, least=4,
                             unit="× blackbox_exporter")
            what, figure = "", ""
        else:
            figure = f"{rate:.0f} probes/s"
        bench.rows.limit(what, figure, rate / bare[kind], least=0.6,
                         unit=f"× the bare loop, {kind}")


def blackbox(bench, url):
    """Probes a CPU second of the exporter alone; what drives it is another process."""
    port = free_port()
    process = bench.processes.start(
        ["prometheus-blackbox-exporter", f"--config.file={HERE / 'blackbox.yaml'}",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"], "blackbox")
    address = f"http://127.0.0.1:{port}"
    wait_for(f"{address}/metrics", process)
    probe = f"{address}/probe?target={url}&module=health"
    if "probe_success 1" not in fetch(probe):
        raise Trouble("blackbox_exporter's probe does not succeed; see its /logs")
    seconds = max(2, bench.many(8))
    before = cpu_of(process.pid)
    output, _ = bench.processes.run(["wrk", f"-t1", f"-c{AT_ONCE}", f"-d{seconds}s", probe])
    cpu = cpu_of(process.pid) - before
    done = re.search(r"(\d+) requests in", output)
    if not done or "Non-2xx" in output:
        raise Trouble("wrk could not drive blackbox_exporter: " + output.strip())
    if "probe_success 1" not in fetch(probe):
        raise Trouble("blackbox_exporter's probe does not succeed any more")
    return int(done.group(1)) / cpu


def live(bench):
    """A file that is written while it is followed, each line by a write of its own."""
    rate, seconds = 50_000, max(5, bench.many(20))
    path = bench.directory / "live.log"
    path.touch()
    port = free_port()
    mtail = bench.processes.start(bench.mtail(path, port), "mtail")
    ours = bench.processes.start(
        [bench.watchd_bench, "follow", path, "--lines", rate * seconds, "--live",
         seconds * 2 + 10], "follow")
    time.sleep(2)
    before = {process.pid: cpu_of(process.pid) for process in (mtail, ours)}
    output, _ = bench.processes.run(
        [bench.watchd_bench, "feed", path, "--rate", rate, "--seconds", seconds])
    fed = json.loads(output)
    cpu = {"watchd": bench.processes.reap(ours, 10) - before[ours.pid]}
    # It looks every quarter of a second.
    counted, end = 0, time.monotonic() + 5
    while counted != fed["lines"]:
        if time.monotonic() > end:
            raise Trouble(f"mtail counted {counted} lines of {fed['lines']}")
        time.sleep(0.3)
        metrics = fetch(f"http://127.0.0.1:{port}/metrics")
        counted = sum(int(n) for n in re.findall(r"^requests{.*} (\d+)$", metrics, re.MULTILINE))
    cpu["mtail"] = cpu_of(mtail.pid) - before[mtail.pid]
    written = fed["lines"] / fed["seconds"]
    bench.rows.plain("lines written", f"{written:.0f} lines/s", f"for {fed['seconds']:.0f} s")
    # Of a core, at the full rate, if the machine could not write as fast.
    share = {name: 100 * cpu[name] / fed["lines"] * rate for name in cpu}
    bench.rows.plain("mtail, live at 50 000 lines/s", f"{share['mtail']:.1f} % of a core",
                     f"{cpu['mtail']:.2f} CPU seconds")
    bench.rows.limit("follow, live at 50 000 lines/s", f"{share['watchd']:.1f} % of a core",
                     share["watchd"], most=5, unit="%")


def idle(bench):
    """The daemon with twenty probes over kept connections and a log in which nothing happens."""
    quiet(bench, "http", most=(0.2, 10))


def idle_tls(bench):
    """The same with TLS."""
    quiet(bench, "https", most=(0.5, 16))


def quiet(bench, scheme, most):
    url = bench.nginx(scheme)
    trust = f"ca_file: '{bench.certificate}', " if scheme == "https" else ""
    seconds = max(20, bench.many(60))
    log = bench.directory / "quiet.log"
    log.touch()
    probes = "\n".join(
        f"      p{n}: {{ http: '{url}?{n}', every: 10s, connection: keep, {trust}"
        f"expect: {{ status: 200, json: {{ $.status: ok }} }} }}" for n in range(20))
    text = (HERE / "idle.yaml.in").read_text(encoding="utf-8")
    path = bench.directory / "watchd.yaml"
    path.write_text(text.replace("@LOG@", str(log)).replace("@PROBES@", probes))
    process = bench.daemon(path)
    # Its start, and the first round of all probes.
    time.sleep(max(12, bench.many(20)))
    share = bench.share(process, seconds)
    memory = private_megabytes(process.pid)
    bench.rows.limit(f"idle: 20 {scheme} probes every 10 s, a quiet log",
                     f"{share:.2f} % of a core", share, most=most[0], unit="%")
    bench.rows.limit("", f"{memory:.1f} MB private", memory, most=most[1], unit="MB")


ALL = {"following": following, "probing": probing, "live": live, "json": json_lines, "idle": idle,
       "idle-tls": idle_tls, "fleet": fleet, "fleet-tls": fleet_tls,
       "detecting": detecting}
NEEDS = {
    "following": ["mtail", "cc"],
    "probing": ["nginx", "cc", "prometheus-blackbox-exporter", "wrk"],
    "live": ["mtail"],
    "json": [],
    "idle": ["nginx"],
    "idle-tls": ["nginx", "openssl"],
    "fleet": ["cc"],
    "fleet-tls": ["nginx", "openssl", "cc"],
    "detecting": [],
}
DAEMON = ["idle", "idle-tls", "fleet", "fleet-tls", "detecting"]
OURS = {name: ["watchd" if name in DAEMON else "watchd-bench"] for name in ALL}
