"""What clients send, as models; what they may be is decided in `core.messages.draft`, limits among it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.messages.draft import MAXIMUM_HTML_BYTES, MAXIMUM_RECIPIENTS, MAXIMUM_SUBJECT_CHARACTERS
from core.timeline.paging import DEFAULT_LIMIT
from core.tokens import MAXIMUM_LINKS
from core.web.api.fields import (
    Address,
    Cursor,
    Limit,
    QueryModel,
    RequestModel,
    SearchText,
    Status,
    Time,
    TrackableUrl,
    Verdict,
)


class NewRecipient(RequestModel):
    """One person a message goes to."""

    address: Address
    name: Annotated[str | None, Field(max_length=2000)] = None
    kind: Literal["to", "cc", "bcc"] = "to"


class NewMessage(RequestModel):
    """A message to register."""

    subject: Annotated[
        str,
        Field(
            max_length=100_000,
            description=f"Kept as one line, cut after {MAXIMUM_SUBJECT_CHARACTERS} characters.",
        ),
    ] = ""
    sender: Annotated[Address | None, Field(description="Without it, the address of the token's user.")] = None
    recipients: Annotated[
        list[NewRecipient],
        Field(
            min_length=1,
            max_length=4 * MAXIMUM_RECIPIENTS,
            description=f"At most {MAXIMUM_RECIPIENTS}; an address that comes twice counts once.",
        ),
    ]
    links: Annotated[
        list[TrackableUrl],
        Field(max_length=MAXIMUM_LINKS, description="URLs to be tracked; the body itself need not be sent."),
    ] = Field(default=[])
    html: Annotated[
        str | None,
        Field(description=f"Rewritten in memory and never stored. At most {MAXIMUM_HTML_BYTES} bytes."),
    ] = None
    mode: Annotated[
        Literal["shared", "per_recipient"] | None,
        Field(
            description="One copy for all, or one for each recipient, which tells them apart."
            " Without it, as the token's user chose in the settings: `shared` at first."
        ),
    ] = None
    track_opens: Annotated[
        bool | None, Field(description="Put in a pixel. Without it, as the token's user chose: true at first.")
    ] = None
    track_links: Annotated[
        bool | None, Field(description="Track the links. Without it, as the token's user chose: true at first.")
    ] = None
    sent_at: Annotated[
        Time | None, Field(description="Without it, or with a time to come, the message counts as sent now.")
    ] = None


class SenderView(RequestModel):
    """The sender is looking at the message."""

    at: Annotated[Time | None, Field(description="When; now without it, and never later than now.")] = None


class Correction(RequestModel):
    """What an open or click really was; null takes an earlier correction back."""

    verdict: Verdict | None


class MessageQuery(QueryModel):
    """Which messages are wanted: all that is given must hold."""

    q: Annotated[
        SearchText | None,
        Field(description="Part of subject, sender, or a recipient's address or name, in whatever case."),
    ] = None
    recipient: Annotated[SearchText | None, Field(description="The whole address of a recipient.")] = None
    status: Status | None = None
    since: Annotated[Time | None, Field(description="The earliest time of sending.")] = None
    cursor: Cursor = None
    limit: Limit = DEFAULT_LIMIT
