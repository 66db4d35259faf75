"""The filters of the activity list as its address carries them: read, checked, and written into links again.

What is made up is left out and said, so that nothing else of a request is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from core.errors import InputError
from core.messages.draft import clean_address
from core.timeline.activity import MODES, OWNERS, STATES, Wanted
from core.web.translation import gettext, mark

STATE_NAMES: Final = (
    ("", mark("All")),
    ("read", mark("Read, likely")),
    ("clicked", mark("Link clicked")),
    ("replied", mark("Replied")),
    ("sent", mark("No sign of reading yet")),
    ("bounced", mark("Bounced")),
)
PERIOD_NAMES: Final = (
    ("", mark("Any time")),
    ("day", mark("Last 24 hours")),
    ("week", mark("Last 7 days")),
    ("month", mark("Last 30 days")),
    ("quarter", mark("Last 90 days")),
)
OWNER_NAMES: Final = (
    ("", mark("Mine and shared with me")),
    ("own", mark("Only mine")),
    ("team", mark("Only shared with me")),
)
MODE_NAMES: Final = (
    ("", mark("Any")),
    ("shared", mark("One copy for all recipients")),
    ("per_recipient", mark("A copy for each recipient")),
)
_PERIODS: Final = {"day": 1, "week": 7, "month": 30, "quarter": 90}
_LONGEST: Final = 200
_NAMES: Final = ("q", "status", "person", "period", "since", "until", "owner", "mode")


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for. `given` holds what is in force, as typed; `problems` says what was left out and why."""

    wanted: Wanted
    given: Mapping[str, str]
    problems: tuple[str, ...] = ()

    def link(self, path: str = "/activity", **changes: str | None) -> str:
        """Write an address with these filters, some of them changed or, with None, left out."""
        values = {**self.given, **changes}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{path}?{query}" if query else path

    @property
    def more(self) -> list[tuple[str, str]]:
        """Name the filters in force that are not plain to see elsewhere, each with its words."""
        words: dict[str, Callable[[str], str]] = {
            "person": lambda value: value,
            "period": lambda value: gettext(dict(PERIOD_NAMES)[value]),
            "since": lambda value: gettext("From %(day)s") % {"day": value},
            "until": lambda value: gettext("Until %(day)s") % {"day": value},
            "owner": lambda value: gettext(dict(OWNER_NAMES)[value]),
            "mode": lambda value: gettext(dict(MODE_NAMES)[value]),
        }
        return [(name, word(self.given[name])) for name, word in words.items() if name in self.given]


@dataclass(slots=True)
class _Reader:
    values: Mapping[str, str]
    given: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def choice(self, name: str, known: tuple[str, ...]) -> str | None:
        value = self.values.get(name)
        if value is not None and value not in known:
            self.problems.append(mark("A filter in the address is none that this list knows. It was left out."))
            return None
        return self._keep(name, value)

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        try:
            found = date.fromisoformat(value) if value else None
            if found is not None and not 1970 <= found.year < 9999:
                raise ValueError
        except ValueError:
            self.problems.append(mark("A date is written as 2026-11-22. What was given is none, and was left out."))
            return None
        self._keep(name, value)
        return found

    def person(self) -> str | None:
        value = self.values.get("person")
        try:
            found = clean_address(value) if value else None
        except InputError:
            self.problems.append(mark("The person is asked for by a whole e-mail address. What was given is none."))
            return None
        return self._keep("person", found)

    def text(self) -> str | None:
        return self._keep("q", self.values.get("q"))

    def _keep(self, name: str, value: str | None) -> str | None:
        if value:
            self.given[name] = value
        return value or None


def read_filters(arguments: Mapping[str, str], now: datetime) -> Filters:
    """Read the filters of a request; days are UTC's."""
    values = {name: arguments.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in _NAMES}
    reader = _Reader({name: value for name, value in values.items() if value})
    period = reader.choice("period", tuple(_PERIODS))
    first, last = reader.day("since"), reader.day("until")
    since = datetime.combine(first, time(), UTC) if first else None
    if period is not None:
        since = max(filter(None, (since, now - timedelta(days=_PERIODS[period]))))
    wanted = Wanted(
        q=reader.text(),
        person=reader.person(),
        state=reader.choice("status", STATES),
        since=since,
        until=datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None,
        mode=reader.choice("mode", MODES),
        owner=reader.choice("owner", OWNERS),
    )
    return Filters(wanted, reader.given, tuple(dict.fromkeys(reader.problems)))
