"""What must hold after any accident: each answered hit is exactly one event."""

from __future__ import annotations

import time

from tests.support.children import wait_until
from tests.support.installation import RunningInstallation
from tests.support.visitors import Visitors


def assert_each_answered_hit_is_one_event(
    installation: RunningInstallation, visitors: Visitors, *, seconds: float = 40.0
) -> str:
    """Wait until all answered hits are events, then check that none is there twice; return a line of figures."""
    answered = {answer.mark for answer in visitors.answers}
    assert len(answered) == len(visitors.answers)
    assert answered, "nobody was answered"
    assert not visitors.wrong, visitors.wrong[:5]
    began = time.monotonic()
    try:
        wait_until(lambda: answered <= set(installation.count_by_marker()), "all are stored", seconds=seconds)
    except AssertionError:
        missing = sorted(answered - set(installation.count_by_marker()))
        raise AssertionError(
            f"{len(missing)} of {len(answered)} missing, such as {missing[:5]}; {installation.read_log()[-3000:]}"
        ) from None
    settled = time.monotonic() - began
    everything = installation.count_by_marker()
    counts = {mark: count for mark, count in everything.items() if mark.startswith(f"{visitors.label}-")}
    doubled = {mark: count for mark, count in counts.items() if count != 1}
    assert not doubled, f"{len(doubled)} counted more than once, such as {list(doubled.items())[:5]}"
    return (
        f"{len(answered)} hits answered, {visitors.unanswered} not, {len(counts)} events, 0 lost, 0 doubled;"
        f" settled after {settled:.1f} s"
    )
