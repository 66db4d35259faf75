"""The sections of the settings, in the order in which they are shown beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from core.web.translation import mark


@dataclass(frozen=True, slots=True)
class Section:
    """One page of settings; `roles` are those who are shown it."""

    title: str
    path: str
    roles: frozenset[str] = frozenset({"owner", "admin", "member"})


SECTIONS = (
    Section(mark("General"), "/settings"),
    Section(mark("Tracking"), "/settings/tracking"),
    Section(mark("Connections"), "/settings/connections"),
    Section(mark("People"), "/settings/people"),
    Section(mark("Security"), "/settings/security"),
    Section(mark("API tokens"), "/settings/tokens"),
    Section(mark("Audit"), "/settings/audit"),
)
