"""crowdsec 1.4 of Debian: unpacked, not installed, so that no service of it starts and nothing is asked of its hub.

Its engine with a leaky bucket for each address, and its place by the same City database; its local API on the loopback
interface, where it keeps its alerts.
"""

import shutil
import subprocess

import processes
from context import BENCH, ROOT

PACKAGE = BENCH / "crowdsec"
LIMIT = 900


def run(folder, city, events):
    """Measures one run over a file; `None` where the package cannot be had."""
    if not obtain():
        return None
    shutil.copytree(ROOT / "Benchmarks/peers/crowdsec", folder, dirs_exist_ok=True)
    for name in ("hub", "notifications", "plugins", "data", "postoverflows"):
        (folder / name).mkdir()
    shutil.copy(PACKAGE / "usr/share/crowdsec/hub/.index.json", folder / "hub")
    shutil.copytree(PACKAGE / "etc/crowdsec/patterns", folder / "patterns")
    (folder / "data/GeoLite2-City.mmdb").symlink_to(city)
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("FOLDER", str(folder)))
    with open(folder / "log", "w") as log:
        subprocess.run(
            [
                PACKAGE / "usr/bin/cscli",
                "-c",
                config,
                "machines",
                "add",
                "bench",
                "--password",
                "bench",
                "-f",
                folder / "credentials.yaml",
                "-u",
                "http://127.0.0.1:18480/",
            ],
            check=True,
            timeout=60,
            stdout=log,
            stderr=log,
        )
        # On all cores, as it comes: its processor time is what is compared.
        return processes.run(
            [PACKAGE / "usr/bin/crowdsec", "-c", config, "-type", "events", "-dsn", f"file://{events}", "-no-capi"],
            LIMIT,
            stderr=log,
        )


def obtain():
    """Unpacks the package; returns whether it is there."""
    if (PACKAGE / "usr/bin/crowdsec").exists():
        return True
    BENCH.joinpath("deb").mkdir(exist_ok=True)
    subprocess.run(["apt-get", "-qq", "download", "crowdsec"], cwd=BENCH / "deb", timeout=300, capture_output=True)
    package = next(BENCH.glob("deb/crowdsec_*.deb"), None)
    return package is not None and subprocess.run(["dpkg", "-x", package, PACKAGE], timeout=120).returncode == 0
