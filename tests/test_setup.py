"""Tests of the set-up script: what a system lacks is said in one line with the command that mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import CHECKOUT

_TOOLS = ("sh", "cat", "cksum", "ls", "dirname", "rm")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but what the set-up reads, and a PATH folder `bin` with little more than a shell."""
    folder = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "requirements", folder / "requirements")
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    (folder / "core").mkdir()
    (folder / "core" / "__init__.py").write_text("")
    (tmp_path / "bin").mkdir()
    for tool in _TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return folder


def add_program(checkout: Path, name: str, script: str) -> Path:
    """Put a program into the PATH folder."""
    path = checkout.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def set_up(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up with that PATH alone."""
    shell = os.path.realpath(shutil.which("sh") or "/bin/sh")
    return subprocess.run(
        [shell, "requirements/setup.sh", "runtime"],
        cwd=checkout,
        env={"PATH": str(checkout.parent / "bin"), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_system_without_python_is_told_what_installs_it(checkout: Path) -> None:
    add_program(checkout, "apt-get", "exit 0")
    ended = set_up(checkout)
    assert ended.returncode == 1
    assert ended.stderr == (
        "Python 3.11 or newer is needed. Run: sudo apt-get update && sudo apt-get install -y python3 python3-venv\n"
    )
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_told_what_installs_it(checkout: Path) -> None:
    add_program(checkout, "dnf", "exit 0")
    add_program(checkout, "python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"')
    ended = set_up(checkout)
    assert ended.returncode == 1
    assert ended.stderr == "python3 lacks venv. Run: sudo dnf install -y python3\n"


def test_a_python_that_was_chosen_and_is_too_old_is_named(checkout: Path) -> None:
    old = add_program(checkout, "python2", "exit 1")
    ended = set_up(checkout, PYTHON=str(old))
    assert ended.returncode == 1
    assert ended.stderr == f"PYTHON={old} is not Python 3.11 or newer.\n"


def test_locks_have_hashes_and_name_no_index() -> None:
    for lock in (CHECKOUT / "requirements").glob("*.lock"):
        text = lock.read_text()
        packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert packages
        assert all(line.endswith("\\") for line in packages), lock
        assert text.count("--hash=sha256:") >= len(packages)
        assert "index-url" not in text
        assert "find-links" not in text
