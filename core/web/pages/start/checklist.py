"""The checklist: each step with how it stands, in words, and where to go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.web.pages.start.facts import Facts
from core.web.translation import gettext


class State(StrEnum):
    """How a step stands."""

    DONE = "done"
    TO_DO = "to do"
    LATER = "not possible yet"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `topic` names its help page; `command` is what to type where the installation runs."""

    key: str
    title: str
    state: State
    text: str
    topic: str
    action: tuple[str, str] | None = None
    command: str | None = None
    is_optional: bool = False
    has_warning: bool = False


@dataclass(frozen=True, slots=True)
class Checklist:
    """All steps, and how far they are."""

    steps: tuple[Step, ...]

    @property
    def needed(self) -> list[Step]:
        """List the steps without which nothing can be seen."""
        return [step for step in self.steps if not step.is_optional]

    @property
    def done_count(self) -> int:
        """Count the needed steps that are done."""
        return sum(step.state is State.DONE for step in self.needed)

    @property
    def is_finished(self) -> bool:
        """Say whether all needed steps are done."""
        return self.done_count == len(self.needed)

    @property
    def next_step(self) -> Step | None:
        """Return what to do next."""
        waiting = [step for step in self.steps if step.state is State.TO_DO]
        return next((step for step in waiting if not step.is_optional), waiting[0] if waiting else None)


def build_checklist(facts: Facts) -> Checklist:
    """Put the facts into steps, in the order in which people take them."""
    return Checklist(tuple(_list_steps(facts)))


def _list_steps(facts: Facts) -> Iterable[Step]:
    yield _describe_address(facts)
    yield _describe_public_url(facts)
    yield _describe_tracked(facts)
    yield _describe_read(facts)
    if facts.is_operator:
        yield _describe_credentials(facts)
    yield _describe_connection(facts)
    if facts.is_operator:
        yield _describe_mail(facts)
        yield _describe_geo(facts)


def _describe_address(facts: Facts) -> Step:
    title = gettext("Your address")
    if facts.email is not None:
        return Step(
            "address",
            title,
            State.DONE,
            gettext("Alerts and sign-in links go to %(email)s.") % {"email": facts.email},
            "connecting",
        )
    text = gettext("So that alerts find you, and so that the test message has somewhere to go.")
    return Step("address", title, State.TO_DO, text, "connecting", (gettext("Enter your address"), "#address-form"))


def _describe_public_url(facts: Facts) -> Step:
    url, title = facts.settings.tracking_url, gettext("An address that recipients reach")
    if not facts.is_reachable:
        text = gettext(
            "Recipients elsewhere cannot reach %(url)s. From a laptop, start with a tunnel; on a server, set"
            " MAILERPLEX_PUBLIC_URL to its https address."
        ) % {"url": url}
        return Step("url", title, State.TO_DO, text, "operations", command=".venv/bin/mailerplex up --tunnel")
    if facts.settings.has_temporary_url:
        text = gettext(
            "%(url)s is a tunnel's and ends with this run: mail that you track now is seen only until then."
        ) % {"url": url}
        return Step("url", title, State.DONE, text, "operations", has_warning=True)
    if url.startswith("http://"):
        text = gettext("%(url)s is not https: some mail programs show no such picture. Put a TLS proxy in front.") % {
            "url": url
        }
        return Step("url", title, State.DONE, text, "operations", has_warning=True)
    text = gettext("Pixels and links lead over %(url)s.") % {"url": url}
    return Step("url", title, State.DONE, text, "operations")


def _describe_tracked(facts: Facts) -> Step:
    title = gettext("Track a first message")
    if facts.has_tracked:
        return Step(
            "tracked", title, State.DONE, gettext("Your tracked messages are on the activity page."), "tracking"
        )
    text = gettext(
        "This writes a copy of a mail with a pixel and tracked links, ready to be sent. Its text stays with you."
    )
    return Step(
        "tracked", title, State.TO_DO, text, "tracking", command=".venv/bin/mailerplex track letter.eml > tracked.eml"
    )


def _describe_read(facts: Facts) -> Step:
    title = gettext("See a first read")
    if facts.has_read:
        return Step("read", title, State.DONE, gettext("A person opened a message of yours."), "tracking")
    if not facts.has_tracked:
        return Step("read", title, State.LATER, gettext("This comes by itself, after the first message."), "tracking")
    text = gettext("Nobody has, as far as is known. It shows here and on the activity page as soon as somebody does.")
    return Step("read", title, State.TO_DO, text, "tracking", (gettext("Look at Activity"), "/activity"))


def _describe_credentials(facts: Facts) -> Step:
    title = gettext("Credentials of Google or Microsoft")
    if facts.providers:
        names = ", ".join(name.capitalize() for name in facts.providers)
        text = gettext("Set up: %(providers)s.") % {"providers": names}
        return Step(
            "credentials", title, State.DONE, text, "google", (gettext("Show them"), "#credentials"), is_optional=True
        )
    text = gettext(
        "With an app of your own at Google or Microsoft people sign in with their accounts and send through them."
    )
    return Step(
        "credentials",
        title,
        State.TO_DO,
        text,
        "google",
        (gettext("Paste them below"), "#credentials"),
        is_optional=True,
    )


def _describe_connection(facts: Facts) -> Step:
    title = gettext("Connect your account")
    again = facts.to_reconnect
    if again is not None:
        text = gettext(
            "Its provider no longer honours what you granted. Connect it again; until then it does nothing here."
        )
        action = (gettext("Connect again"), f"/connect/{again.provider}?connection={again.id}")
        return Step("connection", title, State.TO_DO, text, "connecting", action, is_optional=True, has_warning=True)
    if facts.is_connected:
        text = gettext("You can sign in with it, and it works for what you allowed.")
        action = (gettext("Show connected accounts"), "/settings/connections")
        return Step("connection", title, State.DONE, text, "connecting", action, is_optional=True)
    if not facts.providers:
        text = gettext("This comes after the credentials, which the owner or an admin sets up.")
        return Step("connection", title, State.LATER, text, "connecting", is_optional=True)
    text = gettext(
        "Allow sending, and your test message goes out through your own mailbox. It lets MailerPlex read no mail."
    )
    provider = facts.providers[0]
    action = (
        gettext("Connect %(provider)s") % {"provider": provider.capitalize()},
        f"/connect/{provider}?feature=send",
    )
    return Step("connection", title, State.TO_DO, text, "connecting", action, is_optional=True)


def _describe_mail(facts: Facts) -> Step:
    title = gettext("A mail server for alerts")
    if facts.settings.smtp_url is not None:
        return Step(
            "smtp",
            title,
            State.DONE,
            gettext("Alerts and sign-in links go out by mail."),
            "operations",
            None,
            None,
            True,
        )
    text = gettext("Without SMTP_URL alerts show on these pages only.")
    return Step("smtp", title, State.TO_DO, text, "operations", is_optional=True)


def _describe_geo(facts: Facts) -> Step:
    title = gettext("Data of places")
    if facts.has_geo:
        return Step(
            "geo",
            title,
            State.DONE,
            gettext("Readers' places are shown where they are known."),
            "operations",
            None,
            None,
            True,
        )
    text = gettext("Fetch it once, and each month anew, to see from where mail was read.")
    return Step(
        "geo", title, State.TO_DO, text, "operations", command=".venv/bin/mailerplex geoip update", is_optional=True
    )
