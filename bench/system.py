"""What the benchmarks need of the system: nginx and wrk, installed on Debian as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_PACKAGES = {"nginx": "nginx-light", "wrk": "wrk"}


def install_missing() -> None:
    """Install what is missing. Ends the program with one line where it cannot."""
    missing = [package for command, package in _PACKAGES.items() if shutil.which(command) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"The benchmarks need: {' '.join(missing)}. Run: sudo apt-get install -y {' '.join(missing)}")
    print(f"Installing for the benchmarks: {' '.join(missing)} ...", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL, env=environment)
    # Debian starts what it installs, unless a policy says no; the benchmarks run a server of their own.
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**environment, "RUNLEVEL": "1"})


def describe_machine() -> str:
    """Return one line on the machine and how busy it was."""
    loads = " ".join(f"{load:.1f}" for load in os.getloadavg())
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores ({_model()}), Python {python}, load average at the end {loads}"


def _model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    except OSError:
        return "unknown"
