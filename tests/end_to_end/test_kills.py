"""Any process may be killed at any time: what was answered becomes an event, exactly once."""

from __future__ import annotations

import random
import time

import pytest

from tests.support.children import wait_until
from tests.support.installation import RunningInstallation
from tests.support.survival import assert_each_answered_hit_is_one_event
from tests.support.visitors import Visitors

ROLES = ("web-worker", "shipper", "worker", "redis", "web")


def _kill_under_load(installation: RunningInstallation, kills: int, seed: int) -> str:
    choose = random.Random(seed)
    paths = installation.register(60)
    done: dict[str, int] = dict.fromkeys(ROLES, 0)
    with Visitors(installation.port, paths) as visitors:
        while sum(done.values()) < kills:
            time.sleep(choose.uniform(0.2, 1.2))
            role = min(ROLES, key=lambda name: (done[name], choose.random()))
            wait_until(lambda role=role: installation.kill(role), f"a {role} to kill", seconds=30)  # type: ignore[misc]  # mypy cannot infer such a lambda
            done[role] += 1
        time.sleep(1.0)
    return f"{sum(done.values())} kills; {assert_each_answered_hit_is_one_event(installation, visitors)}"


def test_no_answered_hit_is_lost_or_doubled_by_killing_processes_under_load(running: RunningInstallation) -> None:
    print(_kill_under_load(running, 25, seed=1))


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_no_answered_hit_is_lost_or_doubled_by_a_thousand_kills(running: RunningInstallation) -> None:
    print(_kill_under_load(running, 1000, seed=2))
