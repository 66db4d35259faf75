"""Fifty thousand hostile requests: none is a fault of ours, none is recorded, and the server goes on."""

from __future__ import annotations

import pytest

from tests.support.children import wait_until
from tests.support.hostile import Assault
from tests.support.installation import RunningInstallation

REQUESTS = 50_000


@pytest.mark.timeout(180)
def test_hostile_requests_cause_no_error_and_leave_nothing(running: RunningInstallation) -> None:
    genuine = running.register(3)
    assault = Assault(running.port, genuine, volleys=REQUESTS // 10 + 6)
    sent = assault.run()
    print(sent, "sent;", dict(assault.statuses))
    assert sent >= REQUESTS
    assert not {status for status in assault.statuses if status >= 500}, assault.statuses
    assert sum(assault.statuses.values()) > sent / 2, "hardly anything got beyond the parser"
    assert assault.statuses[200] > sent / 10
    assert assault.statuses[404] > sent / 10
    assert not [answer for answer in assault.redirects if b"ocation: https://evil" in answer]
    assert "Traceback" not in running.read_log()
    assert '"level": "error"' not in running.read_log()
    assert running.get(genuine[0])[0] == 200
    assert sum(path.stat().st_size for path in (running.data_dir / "spool").glob("*.sealed")) == 0
    _assert_only_the_last_hit_is_recorded(running)


def _assert_only_the_last_hit_is_recorded(installation: RunningInstallation) -> None:
    wait_until(lambda: sum(installation.count_by_marker().values()) >= 1, "the honest hit is an event")
    assert sum(installation.count_by_marker().values()) == 1
