"""The install flow itself: a browser goes to a provider and comes back; what was granted is verified and kept.

No call to a provider is made inside a transaction. Pages and cookies are the web's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.install import states
from core.accounts.install.connections import (
    KNOWN_PROVIDERS,
    erase_connection,
    find_connection,
    place,
    record_connection,
    record_tokens,
)
from core.accounts.install.failures import InstallError, describe_refusal
from core.accounts.install.signin import find_user, require_claimed
from core.accounts.providers.consoles import redirect_uri
from core.errors import ProviderError, ReauthorisationError, UnavailableError, VerificationError
from core.keys import KeyRing
from core.ports import AuthorizationAnswer, AuthorizationRequest, Grant, IdentityProvider
from core.storage.accounts import User
from core.storage.connections import Connection
from core.storage.engine import Sessions
from core.storage.sealing import Sealer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a flow ended well. A sign-in has no connection to show."""

    user_id: str
    connection_id: str | None
    return_path: str


class Installer:
    """Runs install flows and disconnects, for the providers that this installation has credentials of."""

    def __init__(
        self,
        providers: Mapping[str, IdentityProvider],
        sessions: Sessions,
        ring: Callable[[], KeyRing],
        public_url: str,
        clock: Callable[[], datetime],
        welcome: Callable[[Session, User], object] | None = None,
    ) -> None:
        self.providers = providers
        self._sessions = sessions
        self._ring = ring
        self._public_url = public_url
        self._clock = clock
        self._welcome = welcome

    @property
    def ring(self) -> KeyRing:
        """The keys as they are now."""
        return self._ring()

    def find_provider(self, name: str) -> IdentityProvider:
        """Return a provider. Raises InstallError, which says whether it is unknown or not set up."""
        if name in self.providers:
            return self.providers[name]
        title = KNOWN_PROVIDERS.get(name)
        if title is None:
            text = "MailerPlex connects Google and Microsoft accounts. This address names neither."
            raise InstallError("No such provider", text, status=404, can_retry=False)
        prefix = name.upper()
        text = (
            "The owner or an admin turns it on by pasting its credentials on the start page,"
            f" or the operator by {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET."
        )
        raise InstallError(f"{title} is not set up here", text, status=404, can_retry=False)

    def redirect_uri(self, name: str) -> str:
        """Name the address that a provider sends browsers back to; its console must list it."""
        return redirect_uri(self._public_url, name)

    def begin_signin(self, name: str, browser_secret: str, return_path: str) -> str:
        """Return the address at which to sign in. Raises InstallError."""
        self.find_provider(name)
        with self._sessions.begin() as session:
            require_claimed(session)
            states.refuse_crowd(session, self._clock())
        return self._begin(browser_secret, states.Purpose(name, None, return_path=return_path))

    def begin_connection(
        self,
        name: str,
        browser_secret: str,
        user_id: str,
        features: tuple[str, ...] = (),
        connection: str | None = None,
    ) -> str:
        """Return the address at which `user_id` grants what `features` take, to extend or renew `connection` if given.

        Without features, what the connection had. Raises InstallError for a feature that cannot be asked for.
        """
        provider = self.find_provider(name)
        held, hint = self._read_held(user_id, connection)
        ready = {feature.name: feature for feature in provider.features if feature.is_ready}
        wanted = features or tuple(key for key, feature in ready.items() if feature.scopes <= held)
        if not set(wanted) <= ready.keys():
            raise InstallError("Nothing to ask for", "MailerPlex has no such use of this account yet.", status=404)
        scopes = frozenset[str]().union(*(ready[key].scopes for key in wanted))
        return self._begin(browser_secret, states.Purpose(name, user_id, wanted, scopes), held, hint)

    def _read_held(self, user_id: str, connection_id: str | None) -> tuple[frozenset[str], str | None]:
        if connection_id is None:
            return frozenset(), None
        with self._sessions.begin() as session:
            found = find_connection(session, user_id, connection_id)
        return (found.scopes, found.email) if found is not None else (frozenset(), None)

    def _begin(
        self,
        browser_secret: str,
        purpose: states.Purpose,
        held: frozenset[str] = frozenset(),
        login_hint: str | None = None,
    ) -> str:
        provider = self.find_provider(purpose.provider)
        ring = self._ring()
        state = states.create_state(ring)
        request = AuthorizationRequest(self.redirect_uri(provider.name), state, purpose.scopes, held, login_hint)
        try:
            authorization = provider.authorize(request)
        except (UnavailableError, ProviderError, VerificationError) as error:
            raise _unavailable(provider, error) from error
        with self._sessions.begin() as session:
            states.record_state(session, Sealer(ring), state, browser_secret, purpose, authorization, self._clock())
        return authorization.url

    def finish(self, name: str, answer: Mapping[str, str], browser_secret: str, viewer_id: str | None) -> Outcome:
        """Take up what a browser came back with; `answer` is the callback's query. Raises InstallError.

        The state is used up first: whatever happens then, the same answer works no second time.
        """
        provider = self.find_provider(name)
        ring, state = self._ring(), answer.get("state", "")
        if not states.is_genuine(ring, state):
            raise states.wrong_browser()
        with self._sessions.begin() as session:
            pending = _take(session, ring, state, browser_secret, name, self._clock())
        if isinstance(pending, InstallError):
            raise pending
        purpose = pending.purpose
        if purpose.user_id is not None and purpose.user_id != viewer_id:
            raise states.wrong_browser()
        try:
            grant = self._exchange(provider, pending, state, answer)
            return self._record_twice(provider, purpose, grant)
        except InstallError as error:
            error.features = purpose.features
            raise

    def _exchange(
        self, provider: IdentityProvider, pending: states.Pending, state: str, answer: Mapping[str, str]
    ) -> Grant:
        code = answer.get("code", "")
        if "error" in answer or not code:
            log.info("oauth_refused", provider=provider.name, error=_printable(answer.get("error", "no code")))
            raise describe_refusal(answer.get("error", ""), provider.title)
        try:
            return provider.exchange(
                AuthorizationAnswer(
                    code,
                    self.redirect_uri(provider.name),
                    state,
                    pending.purpose.scopes,
                    pending.verifier,
                    pending.nonce,
                )
            )
        except (UnavailableError, ProviderError, VerificationError, ReauthorisationError) as error:
            raise _unavailable(provider, error) from error

    def _record_twice(self, provider: IdentityProvider, purpose: states.Purpose, grant: Grant) -> Outcome:
        """Record a grant; once more where another flow wrote the same account down at the same moment."""
        try:
            return self._record(provider, purpose, grant)
        except IntegrityError:
            return self._record(provider, purpose, grant)

    def _record(self, provider: IdentityProvider, purpose: states.Purpose, grant: Grant) -> Outcome:
        now = self._clock()
        with self._sessions.begin() as session:
            if purpose.user_id is None:
                user = find_user(session, provider.name, provider.title, grant.identity, now, self._welcome)
                return Outcome(user.id, None, purpose.return_path)
            user = session.get_one(User, purpose.user_id)
            row = record_connection(session, user, provider.name, grant.identity, now)
            _audit(session, row, AuditAction.CONNECTION_ADDED, now)
            if purpose.scopes:
                _require_lasting(provider, row, grant)
                record_tokens(row, Sealer(self._ring()), grant.tokens, now)
            return Outcome(user.id, row.id, purpose.return_path)

    def disconnect(self, user_id: str, connection_id: str) -> tuple[IdentityProvider | None, bool] | None:
        """Take a grant back at its provider, and erase it here whatever that says.

        Return the provider and whether nothing is left to be done there; None if the user has no such connection.
        """
        with self._sessions.begin() as session:
            if find_connection(session, user_id, connection_id) is None:
                return None
            row = session.get_one(Connection, connection_id)
            provider, sealed = self.providers.get(row.provider), row.refresh_token
        is_clean = sealed is None or (provider is not None and self._revoke(provider, connection_id, sealed))
        with self._sessions.begin() as session:
            if erase_connection(session, user_id, connection_id, self._clock()):
                _audit(session, row, AuditAction.CONNECTION_REMOVED, self._clock())
        return provider, is_clean

    def _revoke(self, provider: IdentityProvider, connection_id: str, sealed: bytes) -> bool:
        try:
            token = Sealer(self._ring()).open(sealed, place(connection_id, "refresh_token"))
            return provider.revoke(token)
        except (UnavailableError, ProviderError, ReauthorisationError, VerificationError) as error:
            log.warning("oauth_not_revoked", provider=provider.name, error=type(error).__name__)
            return False


def _take(
    session: Session, ring: KeyRing, state: str, browser_secret: str, name: str, now: datetime
) -> states.Pending | InstallError:
    """Use a state up. An error is returned, not raised, so that the transaction stands."""
    try:
        return states.use_state(session, Sealer(ring), state, browser_secret, name, now)
    except InstallError as error:
        return error


def _audit(session: Session, row: Connection, action: AuditAction, now: datetime) -> None:
    record_audit(
        session,
        workspace_id=row.workspace_id,
        actor_id=row.user_id,
        action=action,
        now=now,
        subject=f"connection:{row.id}",
        detail=KNOWN_PROVIDERS.get(row.provider, row.provider),
    )


def _require_lasting(provider: IdentityProvider, row: Connection, grant: Grant) -> None:
    if grant.tokens.refresh_token is None and row.refresh_token is None:
        text = (
            f"{provider.title} gave access for an hour only. Take it back at {provider.removal_url} and connect anew."
        )
        raise InstallError("No lasting access", text)


def _unavailable(provider: IdentityProvider, error: Exception) -> InstallError:
    # The kind alone: what a provider says may hold a code or an address.
    log.warning("oauth_failed", provider=provider.name, error=type(error).__name__, reason=_printable(str(error)))
    if isinstance(error, VerificationError):
        text = f"What {provider.title} sent could not be verified, so it was not used. Nothing was changed."
        return InstallError("Not verified", text, status=400)
    if isinstance(error, ReauthorisationError):
        text = f"{provider.title} did not take the answer that your browser brought: it was used, or it is too old."
        return InstallError("That took too long", f"{text} Nothing was changed.", status=410)
    if isinstance(error, UnavailableError):
        return describe_refusal("temporarily_unavailable", provider.title)
    return describe_refusal("", provider.title)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:120])
