"""The check of providers' credentials: their form, whether the provider answers, and what its console must list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import requests

from core.accounts.providers.consoles import CONSOLES, Console, redirect_uri
from core.accounts.providers.credentials import (
    DEFAULT_TENANT,
    ClientCredentials,
    Source,
    load_pasted,
    read_environment,
)
from core.commands.doctor.finding import Finding, fail, ok, warn
from core.errors import MailerPlexError
from core.settings import Settings

_TIMEOUT_SECONDS: Final = 10
_FORMS: Final = {
    "google": (re.compile(r"[0-9]+(-[0-9a-z]+)?\.apps\.googleusercontent\.com"), "…apps.googleusercontent.com"),
    "microsoft": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "a GUID"),
}


def check_providers(settings: Settings) -> Iterator[Finding]:
    """Check each provider, and say what to enter in its console for this installation."""
    found = {**_read_pasted(settings), **read_environment(settings)}
    for console in CONSOLES:
        credentials = found.get(console.provider)
        if credentials is None:
            yield warn(
                console.provider,
                f"no credentials: paste them on {settings.public_url}/start, see docs/{console.topic}.md",
            )
        else:
            yield _check(settings, console, credentials)
        yield ok(
            console.provider,
            f"enter in the console: redirect URI {redirect_uri(settings.public_url, console.provider)}"
            f" and scopes {' '.join(console.scopes)}",
        )


def _check(settings: Settings, console: Console, credentials: ClientCredentials) -> Finding:
    where = "the environment" if credentials.source is Source.ENVIRONMENT else "the start page"
    form, shown = _FORMS[console.provider]
    if not form.fullmatch(credentials.client_id.lower()) and _is_real(settings, console):
        return fail(
            console.provider, f"the client id from {where} is none of {console.title}'s ({shown}): paste it anew"
        )
    problem = _try_discovery(_discovery_url(settings, console, credentials))
    if problem is not None:
        return fail(console.provider, problem)
    if not redirect_uri(settings.public_url, console.provider).startswith("https://") and not _is_loopback(settings):
        return warn(
            console.provider,
            f"{console.title} takes redirect URIs of https only, except on a loopback address: set"
            " MAILERPLEX_PUBLIC_URL to an https one",
        )
    return ok(console.provider, f"credentials from {where}, {console.title} answers")


def _read_pasted(settings: Settings) -> Mapping[str, ClientCredentials]:
    """Return what was pasted on the start page; nothing where the database or the keys are not there: others say so."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.keys import load_keys
    from core.storage.engine import open_engine, open_reading_sessions
    from core.storage.sealing import Sealer

    if settings.has_default_database and not (settings.data_dir / "mailerplex.sqlite3").exists():
        return {}
    try:
        engine = open_engine(settings.database_url)
        with open_reading_sessions(engine)() as session:
            found = load_pasted(session, Sealer(load_keys(settings)))
        engine.dispose()
    except (MailerPlexError, SQLAlchemyError):
        return {}
    return found


def _discovery_url(settings: Settings, console: Console, credentials: ClientCredentials) -> str:
    if console.provider == "google":
        return f"{settings.google_issuer_url}/.well-known/openid-configuration"
    tenant = credentials.tenant or DEFAULT_TENANT
    return f"{settings.microsoft_authority_url}/{tenant}/v2.0/.well-known/openid-configuration"


def _try_discovery(url: str) -> str | None:
    """Return what is wrong with a discovery document, None if it is well."""
    try:
        answer = requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            return f"{url} answers with {answer.status_code}: see the issuer, and the tenant"
        document = answer.json()
        if not isinstance(document, dict) or not isinstance(document.get("authorization_endpoint"), str):
            return f"{url} is no OpenID discovery document"
    except (requests.RequestException, ValueError) as error:
        return f"{url} does not answer ({type(error).__name__}): sign-in needs it; mend DNS, proxy or firewall"
    return None


def _is_real(settings: Settings, console: Console) -> bool:
    """Say whether it is the provider itself, not a server of one's own, whose client ids can be anything."""
    fields = type(settings).__dataclass_fields__
    name = "google_issuer_url" if console.provider == "google" else "microsoft_authority_url"
    return bool(getattr(settings, name) == fields[name].default)


def _is_loopback(settings: Settings) -> bool:
    from core.accounts.cookies import is_loopback

    return is_loopback(settings.public_host)
