"""What clients get, as models: the OpenAPI document is made of them, and the tests hold real answers against it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.web.api.fields import Identifier, ResponseModel, Status, Timestamp, Verdict


class RegisteredCopy(ResponseModel):
    """One copy: put the pixel's image and the tracked links into what is sent to these recipients."""

    recipients: list[str]
    tracked: Annotated[
        bool, Field(description="False for recipients who are never tracked: then all stays as it was given.")
    ] = True
    pixel_url: Annotated[
        str,
        Field(
            description="Where no pixel is wanted, a transparent picture that is in the URL itself (RFC 2397):"
            " nothing is fetched by it, and it may be left out."
        ),
    ]
    page_url: Annotated[
        str | None,
        Field(
            description="Where these recipients see what is tracked, and stop it. Show it to them if you can."
            " Null where nothing is tracked."
        ),
    ]
    links: Annotated[dict[str, str], Field(description="The tracked link of each URL, under the URL as it was given.")]
    html: Annotated[str, Field(description="The rewritten HTML, where HTML was given.")] = ""


class RegisteredMessage(ResponseModel):
    """A message that is tracked now, or was left alone: then `id` is null, and `reason` says why."""

    id: Identifier | None
    tracked: bool = True
    reason: Annotated[
        Literal["never_tracked", "tracking_off"] | None,
        Field(
            description="`never_tracked`: a recipient is never tracked, and one copy for all cannot leave them out."
            " `tracking_off`: neither opens nor links are wanted."
        ),
    ] = None
    temporary_url: Annotated[
        bool, Field(description="Pixel and links lead over a tunnel's address, which ends with this run.")
    ] = False
    copies: list[RegisteredCopy]


class RecipientState(ResponseModel):
    """One recipient of a message; status and time only where it is known to be this one."""

    address: str
    name: str | None
    kind: Literal["to", "cc", "bcc"]
    status: Status
    last_at: Timestamp | None


class LinkState(ResponseModel):
    """One link of a message, with the clicks by people."""

    url: str
    clicks: int


class Counts(ResponseModel):
    """Opens and clicks by verdict."""

    human: int
    human_via_proxy: int
    prefetch: int
    scanner: int
    self: int
    unknown: int


class Message(ResponseModel):
    """A tracked message. `status` is the furthest that people, not machines, brought it."""

    id: Identifier
    subject: str
    sender: str
    sent_at: Timestamp | None
    mode: Literal["shared", "per_recipient"]
    status: Status
    recipients: list[RecipientState]
    links: list[LinkState]
    counts: Counts
    temporary_url: Annotated[
        bool, Field(description="It was tracked over a tunnel's address, which ended with that run.")
    ] = False


class Client(ResponseModel):
    """The program that read the message, as far as it says."""

    name: str | None
    os: str | None
    device: str | None


class Location(ResponseModel):
    """Where the reader was; never the place of a proxy."""

    country: Annotated[str | None, Field(description="ISO 3166-1 alpha-2.")]
    region: str | None
    city: str | None


class Event(ResponseModel):
    """An open, click, reply or bounce. `recipient` is null where a shared copy cannot tell who it was."""

    id: Identifier
    revision: Annotated[int, Field(ge=1, description="Grows each time the event is judged anew.")]
    message_id: Identifier
    recipient: str | None
    kind: Literal["open", "click", "reply", "bounce"]
    at: Timestamp
    verdict: Verdict | None
    confidence: Annotated[float, Field(ge=0, le=1)] | None
    reasons: Annotated[list[str], Field(description="Stable codes.")]
    rules: Annotated[str | None, Field(description="The version of the rules that judged it.")]
    client: Client | None
    location: Location | None
    link: str | None


class MessagePage(ResponseModel):
    """Some messages; `next` is the cursor of those after them, null at the end."""

    items: list[Message]
    next: str | None


class EventPage(ResponseModel):
    """Some events; `next` is the cursor of those after them, null at the end."""

    items: list[Event]
    next: str | None


class EventFeed(ResponseModel):
    """The feed from a cursor on. `next` is never null: come back with it for what is judged later."""

    items: list[Event]
    next: str


class HeldNetwork(ResponseModel):
    """The network that a hit came from; its address is cut to /24 or /48."""

    address: str | None
    kind: str | None
    asn: int | None
    operator: str | None


class HeldEvidence(ResponseModel):
    """What an event was judged by."""

    method: str | None
    user_agent: str | None
    headers: dict[str, str]
    network: HeldNetwork


class HeldEvent(Event):
    """An event as it is held, with its evidence."""

    corrected: Verdict | None
    evidence: HeldEvidence


class HeldMessage(ResponseModel):
    """One message to this address, and what is held of its reading.

    `events` are this recipient's own; `shared_events` those of a copy that several got, which may be anyone's.
    """

    id: Identifier
    subject: str
    sender: str
    sent_at: Timestamp | None
    mode: Literal["shared", "per_recipient"]
    name: str | None
    kind: Literal["to", "cc", "bcc"]
    status: Status
    last_at: Timestamp | None
    stopped_at: Timestamp | None
    recipients_of_copy: int
    links: list[LinkState]
    events: list[HeldEvent]
    shared_events: list[HeldEvent]


class HeldLook(ResponseModel):
    """That the address was looked at or exported here, from the audit log."""

    at: Timestamp
    action: str


class HeldData(ResponseModel):
    """All that is held on one address in this workspace."""

    address: str
    messages: list[HeldMessage]
    looks: list[HeldLook]
    never_tracked_since: Annotated[
        list[Timestamp], Field(description="Since when lists of those who are never tracked name this address.")
    ] = Field(default=[])


class ErasureReport(ResponseModel):
    """What was erased."""

    address: str
    recipients: int
    copies: int
    messages: int
    events: int
    alerts: int


class ProblemError(ResponseModel):
    """What is wrong with one part of the request."""

    detail: str
    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into the body.")] = ""
    parameter: Annotated[str, Field(description="Name of a parameter or header.")] = ""


class ProblemDetail(ResponseModel):
    """A problem detail (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemError] = Field(default=[])
