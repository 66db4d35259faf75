"""The way of an alert from the table to its channel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, update

from core.alerts.channels import Accepted, Channel, OutgoingAlert, PassingError, PermanentError
from core.alerts.email import EmailChannel, create_email_channel
from core.alerts.outbox import (
    BACKOFF_SECONDS,
    SENDING_LEASE,
    Outcome,
    claim_alert,
    deliver_alert,
    purge_alerts,
    record_accepted,
    record_failure,
    release_due,
)
from core.alerts.rules import set_rule
from core.keys import KeyRing
from core.settings import Settings
from core.signal.evidence import Kind, Verdict
from core.storage.models import Alert, Event
from tests.core.alerts.conftest import NOW, World
from tests.fakes.smtp import FakeSmtp, run_smtp


@dataclass
class Recorder:
    """A channel that notes what it is handed, and fails as told."""

    handed: list[OutgoingAlert] = field(default_factory=list)
    error: Exception | None = None
    on_deliver: object = None

    def deliver(self, alert: OutgoingAlert) -> Accepted:
        """Note an alert."""
        self.handed.append(alert)
        if callable(self.on_deliver):
            self.on_deliver()
        if self.error is not None:
            raise self.error
        return Accepted(f"<{alert.id}>")


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with run_smtp() as server:
        yield server


@pytest.fixture
def mail(smtp: FakeSmtp, settings: Settings, ring: KeyRing) -> Iterator[EmailChannel]:
    channel = create_email_channel(replace(settings, smtp_url=smtp.url), lambda: ring)
    assert channel is not None
    yield channel
    channel.close()


def raise_mail(world: World, *, kind: Kind = Kind.OPEN) -> str:
    """Raise one alert by mail that is due now."""
    world.choose(("first_open", "email"), ("any_click", "email"))
    [alert_id] = world.store(world.visit(world.send("ann@example.com", name="Ann Example"), kind=kind))
    return alert_id


def deliver(world: World, alert_id: str, channel: Channel, now: datetime = NOW) -> Outcome:
    return deliver_alert(world.sessions, alert_id, {"email": channel}, now)


def release(world: World, now: datetime, limit: int = 100) -> list[str]:
    with world.sessions.begin() as session:
        return release_due(session, now, limit)


def test_a_due_alert_is_mailed_once_however_often_it_is_asked_for(
    world: World, smtp: FakeSmtp, mail: EmailChannel
) -> None:
    alert_id = raise_mail(world)
    assert [deliver(world, alert_id, mail) for _ in range(3)] == [Outcome.SENT, Outcome.SKIPPED, Outcome.SKIPPED]
    [letter] = smtp.mailbox.mails
    assert letter["To"] == "Olga Owner <owner@example.com>"
    assert letter["From"] == "MailerPlex <alerts@example.com>"
    alert = world.alert(alert_id)
    assert (alert.state, alert.sent_at, alert.provider_id) == ("sent", NOW, letter["Message-ID"])


def test_two_workers_with_the_same_alert_send_one_mail(world: World, smtp: FakeSmtp, mail: EmailChannel) -> None:
    for _ in range(5):
        alert_id = raise_mail(world)
        start = threading.Barrier(2)
        outcomes: list[Outcome] = []

        def work(alert_id: str = alert_id, start: threading.Barrier = start, to: list[Outcome] = outcomes) -> None:
            start.wait(10)
            to.append(deliver(world, alert_id, mail))

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
        assert sorted(outcomes) == ["sent", "skipped"]
    assert len(smtp.mailbox.raw) == 5


def test_a_worker_killed_after_the_server_accepted_repeats_under_the_same_message_id(
    world: World, smtp: FakeSmtp, mail: EmailChannel
) -> None:
    alert_id = raise_mail(world)
    with world.sessions.begin() as session:
        claim = claim_alert(session, alert_id, NOW)
    assert claim is not None
    mail.deliver(claim.alert)  # and here it is killed
    assert deliver(world, alert_id, mail) is Outcome.SKIPPED
    assert release(world, NOW + SENDING_LEASE - timedelta(seconds=1)) == []
    assert release(world, NOW + SENDING_LEASE) == [alert_id]
    assert deliver(world, alert_id, mail, NOW + SENDING_LEASE) is Outcome.SENT
    first, second = smtp.mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    with world.sessions.begin() as session:  # the first was not killed, only slow
        record_accepted(session, claim, Accepted("<late>"), NOW + 2 * SENDING_LEASE)
    assert world.alert(alert_id).provider_id == first["Message-ID"]
    assert world.alert(alert_id).state == "sent"


def test_a_slow_workers_failure_leaves_the_next_workers_claim_alone(world: World) -> None:
    alert_id = raise_mail(world)
    with world.sessions.begin() as session:
        slow = claim_alert(session, alert_id, NOW)
    with world.sessions.begin() as session:
        next_one = claim_alert(session, alert_id, NOW + SENDING_LEASE)
    assert slow is not None
    assert next_one is not None
    with world.sessions.begin() as session:
        assert record_failure(session, slow, PassingError("451"), NOW + SENDING_LEASE) is Outcome.SKIPPED
    assert (world.alert(alert_id).state, world.alert(alert_id).due_at) == ("sending", next_one.until)


def test_no_transaction_is_open_while_the_channel_speaks(world: World) -> None:
    alert_id = raise_mail(world)
    seen: list[str] = []

    def look() -> None:
        with world.sessions.begin() as session:  # on SQLite this waits for any other writer
            session.execute(update(Event).values(reasons="looked"))
        seen.append(world.alert(alert_id).state)

    assert deliver(world, alert_id, Recorder(on_deliver=look)) is Outcome.SENT
    assert seen == ["sending"]


def test_passing_errors_are_retried_with_growing_waits_for_two_days(world: World) -> None:
    alert_id = raise_mail(world)
    channel = Recorder(error=PassingError("451 try\nlater"))
    now, waits = NOW, []
    while deliver(world, alert_id, channel, now) is Outcome.RETRY:
        due_at = world.alert(alert_id).due_at
        waits.append((due_at - now).total_seconds())
        assert deliver(world, alert_id, channel, due_at - timedelta(seconds=1)) is Outcome.SKIPPED
        now = due_at
        assert release(world, now) == [alert_id]
    assert [base <= wait <= base * 1.2 for base, wait in zip(BACKOFF_SECONDS, waits, strict=True)] == [True] * 7
    assert timedelta(days=1.5) < now - NOW < timedelta(days=2.5)
    alert = world.alert(alert_id)
    assert (alert.state, alert.attempts, alert.last_error) == ("failed", 8, "451 try later")
    assert release(world, now + timedelta(days=30)) == []


def test_a_server_that_says_when_is_heeded(world: World) -> None:
    alert_id = raise_mail(world)
    deliver(world, alert_id, Recorder(error=PassingError("busy", retry_after_seconds=900)))
    assert world.alert(alert_id).due_at == NOW + timedelta(seconds=900)


def test_a_refusal_through_a_real_server_is_retried_or_fails(world: World, smtp: FakeSmtp, mail: EmailChannel) -> None:
    alert_id = raise_mail(world)
    smtp.mailbox.answer_to_data = "451 4.3.0 later"
    assert deliver(world, alert_id, mail) is Outcome.RETRY
    smtp.mailbox.answer_to_data = "554 5.7.1 never"
    later = world.alert(alert_id).due_at
    assert deliver(world, alert_id, mail, later) is Outcome.FAILED
    assert world.alert(alert_id).state == "failed"
    assert "554 5.7.1 never" in (world.alert(alert_id).last_error or "")


def test_permanent_errors_missing_channels_and_faults_lose_nothing_silently(world: World) -> None:
    first, second, third = raise_mail(world), raise_mail(world), raise_mail(world)
    assert deliver(world, first, Recorder(error=PermanentError("550 no such user"))) is Outcome.FAILED
    assert deliver_alert(world.sessions, second, {}, NOW) is Outcome.FAILED
    assert "not set up" in (world.alert(second).last_error or "")
    assert deliver(world, third, Recorder(error=KeyError("ann@example.com"))) is Outcome.RETRY
    assert world.alert(third).last_error == "Unexpected KeyError."


def test_an_alert_on_a_channel_of_a_newer_version_does_not_stop_the_others(world: World) -> None:
    strange, known = raise_mail(world), raise_mail(world)
    with world.sessions.begin() as session:
        session.execute(update(Alert).where(Alert.id == strange).values(channel="pigeon"))
    assert sorted(release(world, NOW)) == sorted([strange, known])
    assert deliver(world, strange, Recorder()) is Outcome.FAILED
    assert deliver(world, known, Recorder()) is Outcome.SENT


def test_what_was_queued_and_not_taken_is_handed_again_but_not_each_second(world: World) -> None:
    alert_id = raise_mail(world)
    assert release(world, NOW) == [alert_id]
    assert release(world, NOW + timedelta(seconds=1)) == []
    assert release(world, NOW + timedelta(seconds=30)) == [alert_id]


def test_no_more_is_released_than_asked_for(world: World) -> None:
    alerts = {raise_mail(world) for _ in range(5)}
    first, second = release(world, NOW, 3), release(world, NOW, 3)
    assert (len(first), len(second)) == (3, 2)
    assert {*first, *second} == alerts


def test_unknown_alerts_and_alerts_of_erased_events_are_skipped(world: World) -> None:
    alert_id = raise_mail(world)
    with world.sessions.begin() as session:
        session.execute(delete(Event))
    channel = Recorder()
    assert deliver(world, alert_id, channel) is Outcome.SKIPPED
    assert deliver(world, "0" * 32, channel) is Outcome.SKIPPED
    assert channel.handed == []
    assert world.alert(alert_id).state == "withdrawn"


def test_a_correction_follows_the_mail_that_it_corrects(world: World, smtp: FakeSmtp, mail: EmailChannel) -> None:
    world.choose(("first_open", "email"))
    visit = world.visit(world.send("ann@example.com", name="Ann Example"))
    [alert_id] = world.store(visit)
    deliver(world, alert_id, mail)
    assert world.store(world.rejudge(visit, Verdict.SCANNER)) == [alert_id]
    assert [deliver(world, alert_id, mail) for _ in range(2)] == [Outcome.SENT, Outcome.SKIPPED]
    first, correction = smtp.mailbox.mails
    assert correction["Subject"] == "Correction: the open of “Offer” was a scanner"
    assert correction["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in correction["References"]
    assert correction["Message-ID"] != first["Message-ID"]
    assert (world.alert(alert_id).state, world.alert(alert_id).correction) == ("sent", "corrected")


def test_a_verdict_that_changes_while_the_mail_is_leaving_is_corrected_by_another(world: World) -> None:
    world.choose(("first_open", "email"))
    visit = world.visit(world.send("ann@example.com"))
    [alert_id] = world.store(visit)
    channel = Recorder(on_deliver=lambda: world.store(world.rejudge(visit, Verdict.SCANNER)))
    assert deliver(world, alert_id, channel) is Outcome.SENT
    assert (world.alert(alert_id).state, world.alert(alert_id).correction) == ("due", "correct")
    channel.on_deliver = None
    assert deliver(world, alert_id, channel, NOW + timedelta(seconds=1)) is Outcome.SENT
    assert [alert.is_correction for alert in channel.handed] == [False, True]
    assert world.alert(alert_id).correction == "corrected"


def test_a_verdict_that_changes_while_a_mail_fails_withdraws_it(world: World) -> None:
    world.choose(("first_open", "email"))
    visit = world.visit(world.send("ann@example.com"))
    [alert_id] = world.store(visit)
    channel = Recorder(error=PassingError("451"), on_deliver=lambda: world.store(world.rejudge(visit, Verdict.SCANNER)))
    assert deliver(world, alert_id, channel) is Outcome.SKIPPED
    assert world.alert(alert_id).state == "withdrawn"


def test_a_correction_that_is_refused_leaves_the_alert_sent(world: World) -> None:
    world.choose(("first_open", "email"))
    visit = world.visit(world.send("ann@example.com"))
    [alert_id] = world.store(visit)
    deliver(world, alert_id, Recorder())
    world.store(world.rejudge(visit, Verdict.SCANNER))
    assert deliver(world, alert_id, Recorder(error=PermanentError("550"))) is Outcome.FAILED
    assert (world.alert(alert_id).state, world.alert(alert_id).correction) == ("sent", "failed")


def test_a_mail_counts_the_repeats_that_came_while_it_waited(world: World) -> None:
    world.choose(("first_open", "email"))
    message = world.send("ann@example.com")
    visits = [world.visit(message, at=NOW + timedelta(seconds=number), settle_seconds=15) for number in range(4)]
    world.store(*visits)
    world.store(world.rejudge(visits[2], Verdict.SCANNER))
    [alert_id] = release(world, NOW + timedelta(seconds=20))
    channel = Recorder()
    deliver(world, alert_id, channel, NOW + timedelta(seconds=20))
    assert [alert.repeats for alert in channel.handed] == [3]
    assert world.alert(alert_id).repeats == 3


def test_switching_a_rule_off_stops_what_is_on_its_way(world: World) -> None:
    alert_id = raise_mail(world)
    with world.sessions.begin() as session:
        set_rule(session, world.owner.id, "first_open", "email", enabled=False)
    assert deliver(world, alert_id, Recorder()) is Outcome.SKIPPED
    assert world.alert(alert_id).state == "withdrawn"


def test_alerts_are_kept_for_ninety_days(world: World) -> None:
    raise_mail(world)
    with world.sessions.begin() as session:
        assert purge_alerts(session, NOW + timedelta(days=90)) == 0
    with world.sessions.begin() as session:
        assert purge_alerts(session, NOW + timedelta(days=90, seconds=1)) == 1
    assert world.alerts() == []
