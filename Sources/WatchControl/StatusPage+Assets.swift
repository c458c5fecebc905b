// Style and script of the page at `/`. What the script puts in place is the page as the daemon
// wrote it, where all that comes from elsewhere is escaped; scripts in it would not run.

extension StatusPage {
    static let style = """
        :root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #c62828;
          --dim: #777; --warning: #9a6700; }
        @media (prefers-color-scheme: dark) { :root { --good: #4cc26a; --bad: #ff7b72;
          --warning: #d29922; } }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem;
          padding: 0 1rem; }
        h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
        small, .time { color: var(--dim); font-weight: normal; }
        #lost:empty { display: none; } .problems { list-style: none; padding: 0; }
        .problems li { margin: .3rem 0; } li, td { overflow-wrap: break-word; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0;
          border-bottom: 1px solid var(--line); }
        .healthy { color: var(--good); } .breached { color: var(--bad); font-weight: bold; }
        .blind, .insufficient { color: var(--dim); } .warning { color: var(--warning); }
        .stale main { opacity: .5; }
        """

    static let script = """
        "use strict";
        const lost = document.getElementById("lost");
        async function refresh() {
          try {
            const answer = await fetch("/", { cache: "no-store" });
            if (!answer.ok) throw new Error(answer.status);
            const next = new DOMParser().parseFromString(await answer.text(), "text/html");
            const page = next.getElementById("page");
            if (!page) throw new Error("no page");
            document.getElementById("page").replaceWith(document.adoptNode(page));
            lost.textContent = "";
            document.body.className = "";
          } catch (error) {
            document.body.className = "stale";
            lost.textContent = "watchd does not answer; the figures are old";
          }
          setTimeout(refresh, 2000);
        }
        setTimeout(refresh, 2000);
        """
}
