"""`mailerplex demo`, as a person who has just installed it runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def test_the_demonstration_tells_people_from_machines_and_its_alert_arrives_in_under_20_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "app", "demo"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    elapsed = time.monotonic() - began
    assert run.returncode == 0, run.stderr
    assert "gina@example.com   opened   ● a person (by proxy)" in run.stdout
    assert "adam@example.net   opened   ○ fetched ahead" in run.stdout
    assert run.stdout.count("sam@example.org    clicked  ○ a scanner") == 6
    assert "petra@example.edu  clicked  ● a person" in run.stdout
    assert "◌ yourself" in run.stdout
    assert "to you@example.com: gina@example.com likely opened “Our offer for spring”" in run.stdout
    assert "sam@" not in run.stdout.split("Alerts by e-mail")[1]
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"
    assert elapsed < 20
