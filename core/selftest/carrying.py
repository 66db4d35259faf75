"""Carrying a self-test out, as a worker does: send, then fetch. No call to anybody is made inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, update

from core.errors import InputError, MailerPlexError, ProviderError, ReauthorisationError, UnavailableError
from core.links import CopyTracking
from core.ports import MailSender
from core.selftest.letter import Letter, write_letter
from core.selftest.probe import fetch_pixel
from core.selftest.senders import SMTP_WAY, OpenSender
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.messages import Message, Recipient
from core.storage.setup import SelfTest
from core.tokens import TokenSigner

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run is carried out with. `senders` open a provider's connection; `smtp`: the server and its sender."""

    settings: Settings
    sessions: Sessions
    signer: Callable[[], TokenSigner]
    senders: Mapping[str, OpenSender]
    smtp: tuple[MailSender, str] | None
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a run's row says to do."""

    run_id: str
    copy_id: int
    tracking_url: str
    way: str | None
    connection_id: str | None
    address: str


def carry_out(tools: Tools, user_id: str, run_id: str) -> None:
    """Carry a run out, unless it was taken before or another took its place."""
    taken = _take(tools, user_id, run_id)
    if taken is None:
        return
    if taken.way is not None:
        problem = _attempt(lambda: _send(tools, taken))
        _note(tools, user_id, run_id, "sent_at", "send_problem", problem)
    problem = _attempt(lambda: fetch_pixel(taken.tracking_url, tools.signer(), taken.copy_id))
    _note(tools, user_id, run_id, "fetched_at", "fetch_problem", problem)
    _write(tools, user_id, run_id, {"ended_at": tools.clock()})


def _take(tools: Tools, user_id: str, run_id: str) -> _Taken | None:
    with tools.sessions.begin() as session:
        row = session.get(SelfTest, user_id, with_for_update=True)
        if row is None or row.run_id != run_id or row.taken_at is not None or row.message_id is None:
            return None
        row.taken_at = tools.clock()
        message = session.get_one(Message, row.message_id)
        recipient = session.scalar(select(Recipient.address).where(Recipient.message_id == message.id))
        address = recipient or message.sender
        return _Taken(row.run_id, row.copy_id, row.tracking_url, row.way, row.connection_id, address)


def _send(tools: Tools, taken: _Taken) -> None:
    sender, sender_address = _open_sender(tools, taken)
    letter = Letter(
        sender_address,
        taken.address,
        f"{tools.settings.public_url}/start",
        tools.clock(),
        taken.run_id,
        tools.settings.public_host if "." in tools.settings.public_host else "mailerplex.invalid",
    )
    sender.send_message(write_letter(letter, CopyTracking(taken.tracking_url, tools.signer(), taken.copy_id)))


def _open_sender(tools: Tools, taken: _Taken) -> tuple[MailSender, str]:
    if taken.way == SMTP_WAY:
        if tools.smtp is None:
            raise UnavailableError("SMTP_URL is not set for the worker: set it there as well.")
        return tools.smtp
    open_sender = tools.senders.get(taken.way or "")
    if open_sender is None or taken.connection_id is None:
        raise UnavailableError("The account that was to send it is not set up any more.")
    return open_sender(taken.connection_id), taken.address


def _attempt(act: Callable[[], None]) -> str | None:
    """Do it; return why it did not work, in a sentence that says what to do."""
    try:
        act()
    except MailerPlexError as error:
        log.info("self_test_step_failed", error=type(error).__name__)
        return _explain(error)
    except Exception as error:
        # Its text may hold an address; a run that ends in silence would be worse.
        log.error("self_test_step_crashed", error=type(error).__name__)
        return f"It failed unexpectedly ({type(error).__name__}); the worker's log has the time."
    return None


def _explain(error: MailerPlexError) -> str:
    if isinstance(error, ReauthorisationError):
        return f"{error} Connect the account again, then try once more."
    if isinstance(error, UnavailableError):
        wait = error.retry_after_seconds
        return f"{error} Try again in {round(wait)} seconds." if wait else f"{error} Try again."
    if isinstance(error, ProviderError | InputError):
        return str(error)
    return f"{error}"


def _note(tools: Tools, user_id: str, run_id: str, done: str, failed: str, problem: str | None) -> None:
    _write(tools, user_id, run_id, {done: tools.clock()} if problem is None else {failed: problem})


def _write(tools: Tools, user_id: str, run_id: str, values: Mapping[str, object]) -> None:
    with tools.sessions.begin() as session:
        session.execute(
            update(SelfTest)
            .where(SelfTest.user_id == user_id, SelfTest.run_id == run_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
