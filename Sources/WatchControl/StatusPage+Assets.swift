// Style and script of the page at `/`. The script writes text only (`textContent`), never markup.

extension StatusPage {
    static let style = """
        :root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #c62828;
          --dim: #777; }
        @media (prefers-color-scheme: dark) { :root { --good: #4cc26a; --bad: #ff7b72; } }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem;
          padding: 0 1rem; }
        h1 { font-size: 1.3rem; } small, #time { color: var(--dim); font-weight: normal; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0;
          border-bottom: 1px solid var(--line); }
        .healthy { color: var(--good); } .breached { color: var(--bad); font-weight: bold; }
        .blind, .insufficient { color: var(--dim); } .stale { opacity: .5; }
        """

    static let script = """
        "use strict";
        const at = id => document.getElementById(id);
        const cells = s => [s.name, s.verdict,
          s.release ? s.release.version + " " + s.release.standing : s.release_note || "unknown",
          s.last_known_good || "none", s.readiness.text,
          s.incident ? s.incident.id + " " + s.incident.state : ""];
        function show(report) {
          const arm = report.armed;
          at("version").textContent = report.daemon.version;
          at("summary").textContent = (arm.armed ? "armed" : "disarmed") + " by " + arm.by +
            (arm.reason ? ": " + arm.reason : "") +
            (report.quiet || []).filter(q => q.is_on)
              .map(q => " · " + q.kind + " " + q.name).join("") +
            (report.own_network ? " · this host's own network fails" : "");
          at("problem").textContent = report.store_problem ? "store: " + report.store_problem : "";
          at("services").replaceChildren(...report.services.map(service => {
            const row = document.createElement("tr");
            cells(service).forEach((text, index) => {
              const cell = row.insertCell();
              cell.textContent = text;
              if (index === 1) cell.className = service.verdict;
            });
            return row;
          }));
          at("time").textContent = "as of " + report.time;
          document.body.className = "";
        }
        async function refresh() {
          try {
            const answer = await fetch("/v1/status", { cache: "no-store" });
            if (!answer.ok) throw new Error(answer.status);
            show(await answer.json());
          } catch (error) {
            document.body.className = "stale";
            at("problem").textContent = "watchd does not answer; the figures are old";
          }
          setTimeout(refresh, 2000);
        }
        setTimeout(refresh, 2000);
        """
}
