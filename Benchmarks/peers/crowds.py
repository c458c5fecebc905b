"""Thousands of probes by the daemon: what they cost, and whether they come when they should."""

import json
import re
import shutil
import time

from measuring import Trouble, fetch, free_port, private_megabytes

# Each is an address of 127.0.1.0/24.
HOSTS = 100


def fleet(bench):
    """Ten thousand probes of a hundred hosts every ten seconds: the cost, and when they ask."""
    crowd(bench, "10 000 http probes every 10 s", most=20)
    # What these cost is not limited; that they delay nobody is.
    crowd(bench, "10 000, and 100 targets that hang", hanging=100)


def fleet_tls(bench):
    """The same with TLS, of ten thousand servers: over kept connections, which are replaced once a
    minute, and each over a connection of its own with a resumed session. Of these a bare loop
    around libcurl costs more than half a core by itself (docs/decisions/0035)."""
    ports = bench.nginx_everywhere("https", bench.many(10_000) // HOSTS)
    crowd(bench, "10 000 https probes every 10 s, kept", most=50, ports=ports, use="keep")
    ours = crowd(bench, "10 000 https probes every 10 s, resumed", ports=ports, use="resume")
    count, rate = bench.many(20_000), bench.many(1000)
    loop = bench.compile("curl-loop", "-lcurl")
    words = [loop, f"https://127.0.0.1:{ports[0]}/health", count, 256, "fresh", bench.certificate,
             rate]
    bare = 100 * rate / bench.processes.best(2, words, count, "probes")
    bench.rows.plain(f"bare libcurl multi loop, {rate} a second", f"{bare:.1f} % of a core",
                     "resumed, one server")
    bench.rows.limit("", "", bare / ours, least=0.6, unit="× the bare loop, resumed")


def crowd(bench, what, most=None, hanging=0, ports=(), use="fresh"):
    """- Parameter ports: of the servers, which speak TLS; none: one is started for each run.
    Returns percent of a core."""
    count, rounds = bench.many(10_000), 3
    # The first round begins everything at once: whole handshakes, threads, memory.
    seconds = 10 * (rounds + 1)
    target = None
    if ports:
        places = [f"https://127.0.1.{n % HOSTS + 1}:{ports[n // HOSTS]}/health?{n}"
                  for n in range(count)]
        more = f"connection: {use}, ca_file: '{bench.certificate}', "
        # Kept connections are replaced after a minute, and all of these began at once.
        settle, measured = (70, 60) if use == "keep" else (12, seconds - 14)
    else:
        port, more, settle, measured = free_port(), "", 12, seconds - 14
        target = bench.processes.start(
            [bench.compile("target"), port, seconds + 10, 10], "target")
        places = [f"http://127.0.1.{n % HOSTS + 1}:{port}/{n}" for n in range(count)]
    probes = [
        f"      p{n}: {{ http: '{place}', every: 10s, {more}"
        f"expect: {{ status: 200, json: {{ $.status: ok }} }} }}" for n, place in enumerate(places)]
    probes += [
        f"      h{n}: {{ http: 'http://127.0.2.1:{port}/hang?{n}', every: 10s }}"
        for n in range(hanging)]
    process = start_crowd(bench, probes)
    time.sleep(settle)
    before = asked(ports)
    share = bench.share(process, measured)
    # A machine that is busy with other things asks, or answers, less, which would look cheap.
    if ports and asked(ports) - before < 0.9 * count * measured / 10:
        raise Trouble(f"{what}: {asked(ports) - before} answers of "
                      f"{count * measured // 10} in {measured} s; is the machine busy?")
    memory = private_megabytes(process.pid)
    bench.processes.stop(process)
    figure = f"{share:.1f} % of a core"
    if most is None:
        bench.rows.plain(what, figure)
    else:
        bench.rows.limit(what, figure, share, most=most * count / 10_000, unit="%")
    bench.rows.plain("", f"{memory:.0f} MB private")
    if target is not None:
        judge_places(bench, target, count, rounds)
    return share


def asked(ports):
    """What nginx has answered so far; 0: there is none."""
    if not ports:
        return 0
    text = fetch(f"https://127.0.0.1:{ports[0]}/asked")
    return int(re.search(r"^ \d+ \d+ (\d+)", text, re.MULTILINE).group(1))


def start_crowd(bench, probes):
    """watchd with these probes, a thousand a service."""
    path = bench.directory / "watchd.yaml"
    path.write_text("services: {}\n")
    services = bench.directory / "conf.d"
    shutil.rmtree(services, ignore_errors=True)
    services.mkdir()
    for first in range(0, len(probes), 1000):
        text = f"services:\n  shop{first}:\n    probes:\n"
        text += "\n".join(probes[first:first + 1000]) + "\n"
        (services / f"{first}.yaml").write_text(text)
    return bench.daemon(path)


def judge_places(bench, target, count, rounds):
    """How late questions came, by what the target noted."""
    bench.processes.reap(target, 30)
    told = json.loads((bench.directory / "target.out").read_text().splitlines()[-1])
    if told["numbers"] != count or told["asked"] < count * (rounds - 1):
        raise Trouble(f"{told['numbers']} of {count} probes asked {told['asked']} times")
    bench.rows.limit("", f"p95 {told['p95_ms']:.0f} ms late", told["p95_ms"], most=100,
                     unit="ms after its place")
