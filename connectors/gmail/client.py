"""Calls of the Gmail API for one account. Only calls: what answers mean to us is decided by those who ask.

Built from the discovery document that google-api-python-client carries, so nothing is fetched to build it. Source:
https://developers.google.com/workspace/gmail/api/reference/rest.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import google_auth_httplib2
import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from googleapiclient import discovery_cache
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import Error as ApiClientError
from googleapiclient.errors import HttpError

from connectors.gmail.failures import translate
from core.errors import UnavailableError
from core.ports import AccessToken

TIMEOUT_SECONDS: Final = 20


class GmailClient:
    """The Gmail API as one account; implements `core.ports.MailSender`. `api_url` None: Google's own address."""

    def __init__(
        self, access_token: AccessToken, api_url: str | None = None, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._access_token = access_token
        self._api_url = api_url
        self._timeout_seconds = timeout_seconds

    def send_message(self, raw: bytes) -> str | None:
        """Send a whole mail; return Gmail's id of it (`users.messages.send`, scope `gmail.send`)."""
        with _translated(), self._open() as messages:
            sent = messages.send(userId="me", body={"raw": base64.urlsafe_b64encode(raw).decode()}).execute()
        return str(sent["id"]) if "id" in sent else None

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Open `users.messages` for one call: httplib2's connections are not for several threads."""
        http = httplib2.Http(timeout=self._timeout_seconds)
        http.follow_redirects = False
        authorized = google_auth_httplib2.AuthorizedHttp(
            _SourcedCredentials(self._access_token), http=http, max_refresh_attempts=1
        )
        try:
            with build_from_document(load_document(self._api_url), http=authorized) as service:
                yield service.users().messages()
        finally:
            http.close()


class _SourcedCredentials(Credentials):  # type: ignore[misc]  # its types are incomplete, so they are left out
    """google-auth's view of our tokens. It asks for a first one, and once more when Google answers 401."""

    def __init__(self, access_token: AccessToken) -> None:
        super().__init__()
        self.token: str | None = None
        self._access_token = access_token

    def refresh(self, request: object) -> None:
        """Take a token; after a 401, one newer than the refused."""
        self.token = self._access_token(self.token)


@lru_cache(maxsize=4)
def load_document(api_url: str | None) -> str:
    """Load Gmail's discovery document, with another address in all places: else uploads would still go to Google."""
    document = json.loads(discovery_cache.get_static_doc("gmail", "v1"))
    if api_url is not None:
        root = api_url.rstrip("/") + "/"
        document |= {"rootUrl": root, "mtlsRootUrl": root, "baseUrl": root + document["servicePath"]}
    return json.dumps(document)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the client library raises into our errors, without what the provider wrote."""
    try:
        yield
    except HttpError as error:
        raise translate(int(error.resp.status), dict(error.resp), error.content) from error
    except (OSError, httplib2.HttpLib2Error, GoogleAuthError, ApiClientError, ValueError) as error:
        raise UnavailableError(f"Gmail could not be asked: {type(error).__name__}.") from error
