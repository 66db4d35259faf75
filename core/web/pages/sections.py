"""The sections of the settings, in the order in which they are shown beside each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One page of settings; `roles` are those who are shown it."""

    title: str
    path: str
    roles: frozenset[str] = frozenset({"owner", "admin", "member"})


SECTIONS = (
    Section("General", "/settings"),
    Section("Tracking", "/settings/tracking"),
    Section("Connections", "/settings/connections"),
    Section("People", "/settings/people"),
    Section("Security", "/settings/security"),
    Section("API tokens", "/settings/tokens"),
    Section("Audit", "/settings/audit"),
)
