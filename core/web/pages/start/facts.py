"""What is set up by now, as far as the start page tells of it; for one person, at one look."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.accounts.install.connections import ConnectionState, ConnectionView, list_connections
from core.accounts.owner import PLACEHOLDER_EMAIL, find_owner
from core.accounts.sessions import Viewer
from core.accounts.sight import Sight, sees_message
from core.reach import is_private
from core.settings import Settings
from core.storage.messages import Message
from core.web.services import WebServices


@dataclass(frozen=True, slots=True)
class Facts:
    """What is set up. `providers` are those with credentials; `is_operator`: may set up the installation."""

    settings: Settings
    email: str | None
    is_operator: bool
    providers: tuple[str, ...]
    connections: tuple[ConnectionView, ...]
    has_geo: bool
    has_tracked: bool
    has_read: bool

    @property
    def is_reachable(self) -> bool:
        """Say whether recipients elsewhere could reach the tracking URL, by its name alone."""
        return not is_private(self.settings.tracking_url)

    @property
    def is_connected(self) -> bool:
        """Say whether an account is connected."""
        return any(found.state is ConnectionState.CONNECTED for found in self.connections)

    @property
    def to_reconnect(self) -> ConnectionView | None:
        """Return a connection that needs its user."""
        return next((found for found in self.connections if found.state is ConnectionState.RECONNECT), None)


def gather_facts(session: Session, viewer: Viewer, services: WebServices) -> Facts:
    """Look at everything once."""
    settings = services.settings
    sight = viewer.sight
    return Facts(
        settings=settings,
        email=None if viewer.email == PLACEHOLDER_EMAIL else viewer.email,
        is_operator=is_operator(session, viewer),
        providers=tuple(services.installer.providers) if services.installer is not None else (),
        connections=tuple(list_connections(session, viewer.user_id)),
        has_geo=_has_geo(settings),
        has_tracked=_has_message(session, sight),
        has_read=_has_message(session, sight, Message.last_human_at.is_not(None)),
    )


def is_operator(session: Session, viewer: Viewer) -> bool:
    """Say whether a person may set up the installation itself: owners and admins of its first workspace."""
    owner = find_owner(session)
    return viewer.role in ("owner", "admin") and owner is not None and owner.workspace_id == viewer.workspace_id


def _has_message(session: Session, sight: Sight, *conditions: ColumnElement[bool]) -> bool:
    real = select(Message.id).where(sees_message(sight), Message.is_sample.is_(False), *conditions)
    return session.scalar(real.limit(1)) is not None


def _has_geo(settings: Settings) -> bool:
    return settings.geoip_city_db is not None or any((settings.data_dir / "geo").glob("city*.mmdb"))
