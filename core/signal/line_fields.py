"""Checks of single fields of a line that `classify` reads. Each raises ValueError with a text that names the field."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token, RFC 9110 section 5.6.2
_MOMENT = re.compile(  # date-time, RFC 3339 section 5.6
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LONGEST_AGE = 1e10  # seconds; three centuries


def parse_text(name: str, value: Any) -> str:
    """Take a string."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string")
    return value


def parse_id(name: str, value: Any) -> str | int:
    """Take a string or a whole number; it is given back as it came."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{name} must be a string")
    return value


def parse_method(name: str, value: Any) -> str:
    """Take an HTTP method, in upper case."""
    if not isinstance(value, str) or not _METHOD.fullmatch(value):
        raise ValueError(f"{name} must be an HTTP method such as GET")
    return value.upper()


def parse_address(name: str, value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Take an IP address; an IPv4 address mapped into IPv6 comes out as IPv4."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string")
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        raise ValueError(f"{name} must be an IPv4 or IPv6 address") from None
    return getattr(address, "ipv4_mapped", None) or address


def parse_headers(name: str, value: Any) -> dict[str, str]:
    """Take request headers as an object of strings; names come out in lower case."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"{name} must be an object whose values are strings")
    return {key.lower(): text for key, text in value.items()}


def parse_moment(name: str, value: Any) -> datetime:
    """Take an RFC 3339 date and time with its offset, as aware UTC."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{name} must be an RFC 3339 time such as 2026-11-22T09:30:00Z")
    day, minutes, seconds, fraction, offset = match.groups()
    leap = seconds == "60"  # a leap second, which datetime does not know
    text = f"{day}T{minutes}:{'59' if leap else seconds}.{(fraction or '0')[:6]:0<6}"
    try:
        moment = datetime.fromisoformat(text + offset.upper().replace("Z", "+00:00")).astimezone(UTC)
        return moment + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} must be an RFC 3339 time that exists") from None


def parse_seconds(name: str, value: Any) -> float:
    """Take a number of seconds; a negative one lies before sending."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number")
    if not math.isfinite(value) or abs(value) > _LONGEST_AGE:
        raise ValueError(f"{name} must be a number of seconds within three centuries")
    return float(value)
