"""Self-tests in a worker: the connectors behind them are imported at the first one, for most workers meet none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from core.running.installation import Installation


def defer_self_tests(installation: Installation) -> Callable[[str, str], None]:
    """Return what carries out a self-test by the ids of user and run; what it needs is opened at the first."""

    @cache
    def open_tools() -> Callable[[str, str], None]:
        from worker.accounts import build_self_test

        return build_self_test(installation)

    return lambda user_id, run_id: open_tools()(user_id, run_id)
