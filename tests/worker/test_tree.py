"""What the processes are told."""

from __future__ import annotations

import subprocess
from pathlib import Path

from worker.tree import role_command


def test_a_role_runs_no_strangers_module_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print('stranger')\n")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("print('stranger')\n")
    run = subprocess.run(role_command("--help"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert "stranger" not in run.stdout
    assert "Usage: mailerplex" in run.stdout
