"""Google's downloaded `client_secret.json`, as people paste it.

Form: https://developers.google.com/identity/protocols/oauth2/web-server#creatingcred.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from core.accounts.providers.credentials import ClientCredentials, parse_pasted
from core.errors import InputError

MAXIMUM_CHARACTERS: Final = 20_000
_MAKE: Final = "In Google's console make an OAuth client of the type “Web application” and download that one's file."


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A pasted file: the credentials, and the redirect URIs that the console knew when it was downloaded."""

    credentials: ClientCredentials
    redirect_uris: tuple[str, ...]

    def is_missing(self, redirect_uri: str) -> bool:
        """Say whether the console does not list exactly this redirect URI: Google compares them to the letter."""
        return redirect_uri not in self.redirect_uris


def parse_client_file(text: str) -> ClientFile:
    """Read the file's text. Raises InputError, which says what is wrong and what to do."""
    if not text.strip():
        raise InputError("Paste the whole content of client_secret.json, from the first { to the last }.")
    if len(text) > MAXIMUM_CHARACTERS:
        raise InputError("This is too long to be a client_secret.json.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "This is not JSON. Paste the whole content of client_secret.json, from the first { to the last }."
        ) from error
    if not isinstance(document, dict):
        raise InputError(f"This is not a client_secret.json. {_MAKE}")
    web = document.get("web")
    if not isinstance(web, dict):
        raise InputError(_explain_other(document))
    uris = web.get("redirect_uris")
    known = tuple(uri for uri in uris if isinstance(uri, str)) if isinstance(uris, list) else ()
    return ClientFile(parse_pasted(_text(web, "client_id"), _text(web, "client_secret")), known)


def _text(web: dict[str, Any], name: str) -> str:
    value = web.get(name)
    return value if isinstance(value, str) else ""


def _explain_other(document: dict[str, Any]) -> str:
    if "installed" in document:
        return (
            "This is the file of a desktop app (it says “installed”). Such a client cannot send people back to this"
            f" website. {_MAKE}"
        )
    if document.get("type") == "service_account":
        return f"This is the key of a service account, which nobody can sign in with. {_MAKE}"
    return f"This is not a client_secret.json: it has no part “web”. {_MAKE}"
