"""Prometheus and Alertmanager on a live daemon, with what the documentation shows. Started by script/test-monitoring."""
import argparse
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "Tests", "Crash"))

from waiting import Failure, until  # noqa: E402


def text(*path):
    with open(os.path.join(REPOSITORY, *path), encoding="utf-8") as file:
        return file.read()


def shown(document, begins):
    """The YAML in a document that begins so."""
    return re.search(rf"```yaml\n({begins}.*?)```", text("docs", document), re.S).group(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError):
        return None


def check(fact, holds):
    if not holds:
        raise Failure(fact)


class Trial:
    def __init__(self, arguments):
        self.bin, self.programs = arguments.bin, arguments.programs
        self.folder = tempfile.mkdtemp(prefix="banrisk-monitoring.")
        self.api, self.prometheus, self.alertmanager = free_port(), free_port(), free_port()
        self.processes = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(content)
        return self.path(name)

    def run(self, program, *words, status=0):
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=120,
                              cwd=self.folder)
        check(f"{os.path.basename(program)} {' '.join(words)}: {done.returncode}, {done.stdout}{done.stderr}",
              done.returncode == status)

    def tool(self, *words, status=0):
        self.run(os.path.join(self.bin, "banrisk"), *words, status=status)

    def begin(self, program, *words):
        with open(self.path("log"), "ab") as log:
            self.processes.append(subprocess.Popen([program, *words], stdout=log, stderr=log, cwd=self.folder))

    def end(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(60)

    def rules(self):
        """The alert rules, by promtool on series that are made up."""
        self.write("alerts.yml", text("Config", "prometheus", "alerts.yml"))
        self.write("alerts_test.yml", text("Tests", "Monitoring", "alerts_test.yml"))
        self.run(os.path.join(self.programs, "promtool"), "check", "rules", "alerts.yml")
        self.run(os.path.join(self.programs, "promtool"), "test", "rules", "alerts_test.yml")

    def daemon(self):
        """The demo's events, and a line that is none."""
        self.write("token", secrets.token_hex(32) + "\n")
        self.config = self.write("banrisk.yaml", f"""\
state_directory: {self.path('state')}
runtime_directory: {self.path('run')}
geoip: [{os.path.join(REPOSITORY, 'Config', 'demo')}]
api: {{tcp: "127.0.0.1:{self.api}", token_file: {self.path('token')}}}
alerts:
  - name: oncall
    kind: webhook
    level: watch
    url: http://127.0.0.1:{self.alertmanager}
    from: beginning
""")
        self.write("noise", "no event\n")
        self.begin(os.path.join(self.bin, "banriskd"), "--config", self.config)
        control = self.path("run", "control.sock")
        until("the daemon", lambda: os.path.exists(control), 60)
        self.tool("send", "--socket", self.path("run", "events.sock"),
                  os.path.join(REPOSITORY, "Config", "demo", "events.ndjson"), self.path("noise"))

        def drained():
            words = [os.path.join(self.bin, "banrisk"), "status", "--drained", "--control", control]
            return subprocess.run(words, capture_output=True, check=False).returncode == 0
        until("the events", drained, 60)

    def scrape(self):
        """Prometheus, with what docs/metrics.md shows; then each rule is understood, and each panel has something."""
        scraping = shown("metrics.md", "scrape_configs:")
        scraping = scraping.replace("/etc/prometheus/banrisk-token", self.path("token"))
        scraping = scraping.replace("127.0.0.1:8470", f"127.0.0.1:{self.api}")
        check("the port and the token of the documentation are replaced", scraping.count(self.path("token")) == 1)
        config = self.write("prometheus.yml", f"""\
global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}
rule_files: [alerts.yml]
{scraping}""")
        self.run(os.path.join(self.programs, "promtool"), "check", "config", config)
        self.begin(os.path.join(self.programs, "prometheus"), f"--config.file={config}",
                   f"--storage.tsdb.path={self.path('series')}", f"--web.listen-address=127.0.0.1:{self.prometheus}")

        def query(expression):
            path = "/api/v1/query?query=" + urllib.parse.quote(expression)
            return ((get(self.prometheus, path) or {}).get("data") or {}).get("result")
        until("the first scrape", lambda: query('up{job="banrisk"} == 1'), 60)
        dashboard = json.loads(text("Config", "grafana", "banrisk.json"))
        queries = {target["expr"].replace("$__rate_interval", "10s")
                   for panel in dashboard["panels"] for target in panel.get("targets", [])}
        check("the dashboard has queries", len(queries) > 20)
        for expression in sorted(queries):
            until(f"an answer to {expression}", lambda expression=expression: query(expression), 30)

        def evaluated():
            groups = (get(self.prometheus, "/api/v1/rules") or {}).get("data", {}).get("groups", [])
            rules = [rule for group in groups for rule in group["rules"]]
            return rules and all(rule["health"] == "ok" for rule in rules)
        until("all alert rules to be evaluated", evaluated)

    def deliver(self):
        """Alertmanager, with the route of docs/alerts.md: at first it is away."""
        words = ["notify", "--config", self.config, "--state", self.path("notify"), "--once"]
        self.tool(*words, status=69)
        config = self.write("alertmanager.yml", shown("alerts.md", "route:").replace(
            "route:\n", "route:\n  receiver: nobody\n") + "receivers: [{name: nobody}, {name: fraud-oncall}]\n")
        self.run(os.path.join(self.programs, "amtool"), "check-config", config)
        self.begin(os.path.join(self.programs, "prometheus-alertmanager"), f"--config.file={config}",
                   f"--storage.path={self.path('alertmanager')}", "--cluster.listen-address=",
                   f"--web.listen-address=127.0.0.1:{self.alertmanager}")
        until("Alertmanager", lambda: get(self.alertmanager, "/api/v2/status"), 60)
        self.tool(*words)
        alerts = get(self.alertmanager, "/api/v2/alerts")
        farm = [alert for alert in alerts if alert["labels"].get("campaign") == "1"]
        check(f"the farm is one incident, at its highest level: {farm}",
              [alert["labels"]["severity"] for alert in farm] == ["ban"])
        check("the farm goes to whom the route names", [r["name"] for r in farm[0]["receivers"]] == ["fraud-oncall"])
        check("single accounts have their alerts", any(alert["labels"].get("account") == "hopper" for alert in alerts))


def main():
    parser = argparse.ArgumentParser(prog="script/test-monitoring", description=__doc__)
    parser.add_argument("--bin", required=True, help="the folder of banriskd and banrisk")
    parser.add_argument("--programs", required=True, help="the folder of prometheus, promtool, amtool and so on")
    trial = Trial(parser.parse_args())
    try:
        for step in (trial.rules, trial.daemon, trial.scrape, trial.deliver):
            print(f"    {step.__doc__.splitlines()[0]}", flush=True)
            step()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}\nEverything is in {trial.folder}")
    finally:
        trial.end()
    shutil.rmtree(trial.folder)


if __name__ == "__main__":
    main()
