"""The figures of a period in one statement: its events are read once, then counted in several ways.

Owns the SQL alone. Bounded: at most one row for each hour, and the foremost of everything that has names.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message
from core.signal.evidence import Kind, Verdict
from core.storage.events import Event
from core.storage.messages import Message, Recipient
from core.timeline.insights.period import Period
from core.timeline.insights.slots import Counts, Slot

FOREMOST: Final = 10
"""So many places and domains are named; the rest is one line."""
WAITS_SECONDS: Final = (300, 1800, 7200, 28800, 86400, 259200, 604800)
"""Where the bars of response times end."""
QUARTILES: Final = (25, 50, 75, 90)
_READ, _CLICK = 0, 1
_OTHERS: Final = (Verdict.PREFETCH, Verdict.SCANNER, Verdict.SELF, Verdict.UNKNOWN)
_PEOPLE: Final = (Verdict.HUMAN.value, Verdict.HUMAN_VIA_PROXY.value)
_MICROSECONDS: Final = 1_000_000
_NUMBERS: Final = 7
_WORK_MEMORY: Final = "48MB"


@dataclass(frozen=True, slots=True)
class Share:
    """What people did with or at something. `name` is None where it is not known, or not for one person alone."""

    name: str | None
    reads: int
    clicks: int


@dataclass(slots=True)
class Waits:
    """How long it took, in seconds from sending: percentiles by their number, and how many within each bar."""

    count: int = 0
    percentiles: dict[int, int] = field(default_factory=dict)
    bars: list[int] = field(default_factory=lambda: [0] * (len(WAITS_SECONDS) + 1))


@dataclass(slots=True)
class Gathered:
    """What the statement found."""

    slots: list[Slot] = field(default_factory=list)
    clients: list[Share] = field(default_factory=list)
    countries: list[Share] = field(default_factory=list)
    cities: list[Share] = field(default_factory=list)
    domains: list[Share] = field(default_factory=list)
    reading: Waits = field(default_factory=Waits)
    clicking: Waits = field(default_factory=Waits)


def gather(session: Session, sight: Sight, period: Period, *, samples: bool) -> Gathered:
    """Read the figures of a period, of sample messages or of real ones."""
    dialect = session.get_bind().dialect.name
    size = period.slot_seconds
    gathered = Gathered()
    if dialect == "postgresql":
        # Else what is read once is put on disk to be counted, and compiling takes longer than counting.
        session.execute(select(func.set_config("work_mem", _WORK_MEMORY, True), func.set_config("jit", "off", True)))
    for row in session.execute(_build(dialect, sight, period, size, samples=samples)):
        _take(gathered, row, size, period)
    for shares in (gathered.clients, gathered.countries, gathered.cities, gathered.domains):
        shares.sort(key=lambda share: (-share.reads - share.clicks, share.name or ""))
    return gathered


def count_sent(session: Session, sight: Sight, period: Period, *, samples: bool) -> int:
    """Count the messages sent in a period."""
    sent = and_(Message.sent_at >= period.since, Message.sent_at < period.until)
    return session.scalar(select(func.count()).where(sees_message(sight), sent, _are_samples(samples))) or 0


def has_real_messages(session: Session, sight: Sight) -> bool:
    """Say whether there is any message that is no sample."""
    found = select(Message.id).where(sees_message(sight), _are_samples(False)).limit(1)
    return session.scalar(found) is not None


def _are_samples(samples: bool) -> ColumnElement[bool]:
    return Message.is_sample.is_(samples)


def _seconds(dialect: str, at: Any) -> ColumnElement[int]:
    """Return whole seconds since 1970: SQLite keeps microseconds, PostgreSQL a time."""
    if dialect == "sqlite":
        return cast(at, BigInteger) // literal(_MICROSECONDS, BigInteger)
    # As a float: `extract` gives a numeric, many times slower. Whole seconds are exact either way.
    return cast(func.floor(func.date_part("epoch", at, type_=Float)), BigInteger)


def _build(dialect: str, sight: Sight, period: Period, size: int, *, samples: bool) -> Select[Any]:
    seen = _select_seen(dialect, sight, period, samples=samples)
    people = seen.c.what <= _CLICK
    first = _select_first(seen, people, _epoch(period.since))
    parts = [
        _count_slots(seen, size),
        _count_clients(seen, people),
        *_count_places(seen, people),
        _count_domains(dialect, seen, people),
        *_measure_waits("reading", first.c.read_after),
        *_measure_waits("clicking", first.c.clicked_after),
    ]
    return select(union_all(*parts).subquery())


def _epoch(at: datetime) -> int:
    return int(at.timestamp())


def _select_seen(dialect: str, sight: Sight, period: Period, *, samples: bool) -> CTE:
    """Select the opens and clicks of the period that the viewer may see, narrow, and once."""
    return (
        select(
            _seconds(dialect, Event.at).label("at"),
            _seconds(dialect, Message.sent_at).label("sent_at"),
            _code().label("what"),
            Event.message_id,
            Event.recipient_id,
            Event.client_name,
            # Of hits that came through a proxy no place is kept.
            case((Event.verdict == Verdict.HUMAN.value, Event.country)).label("country"),
            case((Event.verdict == Verdict.HUMAN.value, Event.city)).label("city"),
        )
        .join(Message, Message.id == Event.message_id)
        .where(
            Event.workspace_id == sight.workspace_id,
            Event.at >= period.since,
            Event.at < period.until,
            or_(Event.kind == Kind.OPEN.value, Event.kind == Kind.CLICK.value),
            sees_message(sight),
            _are_samples(samples),
        )
        .cte("seen")
    )


def _code() -> ColumnElement[int]:
    """Number what happened: the places of `Counts`."""
    people = Event.verdict.in_(_PEOPLE)
    others = ((Event.verdict == verdict.value, _CLICK + 1 + place) for place, verdict in enumerate(_OTHERS))
    return case((and_(people, Event.kind == Kind.OPEN.value), _READ), (people, _CLICK), *others)


def _row(part: str, numbers: list[Any], name: Any = None, extra: Any = None) -> list[Any]:
    """Build the columns that all parts share: which one it is, a name, a second one, and seven numbers."""
    names = [null() if text is None else text for text in (name, extra)]
    padded = numbers + [null()] * (_NUMBERS - len(numbers))
    columns: list[Any] = [literal(part, Text), *(cast(text, Text) for text in names)]
    columns.extend(cast(number, BigInteger) for number in padded)
    return [column.label(f"column_{place}") for place, column in enumerate(columns)]


def _count_slots(seen: CTE, size: int) -> Select[Any]:
    slot = seen.c.at // literal(size, BigInteger)
    counts = (func.count().filter(seen.c.what == code) for code in range(len(fields(Counts))))
    numbers = [slot, *counts]
    return select(*_row("slot", numbers)).select_from(seen).group_by(slot)


def _count_kinds(what: Any) -> list[Any]:
    return [func.count().filter(what == code) for code in (_READ, _CLICK)]


def _count_clients(seen: CTE, people: ColumnElement[bool]) -> Select[Any]:
    columns = _row("client", _count_kinds(seen.c.what), seen.c.client_name)
    return select(*columns).select_from(seen).where(people).group_by(seen.c.client_name)


def _count_places(seen: CTE, people: ColumnElement[bool]) -> list[Select[Any]]:
    """Count by country, all of them, and by town, the foremost."""
    reads, clicks = _count_kinds(seen.c.what)
    places = (
        select(seen.c.country, seen.c.city, reads.label("reads"), clicks.label("clicks"))
        .where(people)
        .group_by(seen.c.country, seen.c.city)
        .cte("places")
    )
    sums = [func.sum(places.c.reads), func.sum(places.c.clicks)]
    countries = select(*_row("country", sums, places.c.country)).group_by(places.c.country)
    numbers = [places.c.reads, places.c.clicks]
    cities = select(*_row("city", numbers, places.c.city, places.c.country)).where(places.c.city.is_not(None))
    foremost = cities.order_by((places.c.reads + places.c.clicks).desc(), places.c.city, places.c.country)
    return [countries, select(foremost.limit(FOREMOST).subquery())]


def _count_domains(dialect: str, seen: CTE, people: ColumnElement[bool]) -> Select[Any]:
    """Count by domain of the recipient; None for shared copies of several, which may be anyone's of them."""
    by_person = (
        select(seen.c.recipient_id, *(column.label(name) for column, name in _named(_count_kinds(seen.c.what))))
        .where(people)
        .group_by(seen.c.recipient_id)
        .subquery()
    )
    address = Recipient.address_folded
    if dialect == "sqlite":
        domain: ColumnElement[str] = func.substr(address, func.instr(address, "@") + 1)
    else:
        domain = func.split_part(address, "@", 2)
    joined = select(domain.label("domain"), by_person.c.reads, by_person.c.clicks).select_from(
        by_person.outerjoin(Recipient.__table__, Recipient.id == by_person.c.recipient_id)
    )
    rows = joined.subquery()
    numbers = [func.sum(rows.c.reads), func.sum(rows.c.clicks)]
    query = select(*_row("domain", numbers, rows.c.domain)).group_by(rows.c.domain)
    # One more than is named: the foremost may include what has no domain.
    return select(query.order_by((numbers[0] + numbers[1]).desc(), rows.c.domain).limit(FOREMOST + 1).subquery())


def _named(columns: list[Any]) -> list[tuple[Any, str]]:
    return list(zip(columns, ("reads", "clicks"), strict=True))


def _select_first(seen: CTE, people: ColumnElement[bool], since: int) -> CTE:
    """Select, for each message sent in the period, how long it took until people first read it and clicked."""

    # A click shows that the message was read, whether or not its picture was loaded.
    first_sign = func.min(seen.c.at) - seen.c.sent_at
    first_click = func.min(case((seen.c.what == _CLICK, seen.c.at))) - seen.c.sent_at
    return (
        select(_not_negative(first_sign).label("read_after"), _not_negative(first_click).label("clicked_after"))
        .where(people, seen.c.sent_at >= since)
        .group_by(seen.c.message_id, seen.c.sent_at)
        .cte("first")
    )


def _not_negative(wait: ColumnElement[int]) -> ColumnElement[int]:
    return case((wait < 0, 0), else_=wait)


def _measure_waits(part: str, wait: Any) -> list[Select[Any]]:
    """Measure percentiles (nearest rank) and bars of a column of `first`."""
    ranked = (
        select(
            wait.label("wait"),
            func.row_number().over(order_by=wait).label("rank"),
            func.count().over().label("number"),
        )
        .where(wait.is_not(None))
        .subquery()
    )
    wanted = [(ranked.c.number * percent + 99) // 100 for percent in QUARTILES]
    ranks = select(*_row(part, [ranked.c.number, ranked.c.rank, ranked.c.wait])).where(
        ranked.c.rank.in_([cast(rank, BigInteger) for rank in wanted])
    )
    bar = case(*((wait <= limit, number) for number, limit in enumerate(WAITS_SECONDS)), else_=len(WAITS_SECONDS))
    bars = select(*_row(f"{part}-bar", [bar, func.count()])).where(wait.is_not(None)).group_by(bar)
    return [ranks, bars]


def _take(gathered: Gathered, row: Any, size: int, period: Period) -> None:
    """Put one row where it belongs."""
    part, name, extra, *numbers = row
    if part == "slot":
        at = datetime.fromtimestamp(numbers[0] * size, UTC).astimezone(period.zone)
        gathered.slots.append((at, Counts(*numbers[1:])))
    elif part in ("reading", "clicking"):
        _take_wait(getattr(gathered, part), numbers)
    elif part.endswith("-bar"):
        getattr(gathered, part.removesuffix("-bar")).bars[numbers[0]] = numbers[1]
    else:
        name = f"{name}, {extra}" if extra else name
        shares: list[Share] = getattr(gathered, _SHARES[part])
        shares.append(Share(name, numbers[0], numbers[1]))


_SHARES: Final = {"client": "clients", "country": "countries", "city": "cities", "domain": "domains"}


def _take_wait(waits: Waits, numbers: list[Any]) -> None:
    number, rank, wait = numbers[:3]
    waits.count = number
    for percent in QUARTILES:
        if rank == (number * percent + 99) // 100:
            waits.percentiles[percent] = wait
