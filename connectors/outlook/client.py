"""Calls of Microsoft Graph for one account. Only calls: what answers mean to us is decided by those who ask.

Source: https://learn.microsoft.com/graph/api/user-sendmail.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

import requests

from connectors.outlook.failures import translate
from core.errors import UnavailableError
from core.ports import AccessToken

TIMEOUT_SECONDS: Final = 20


class GraphClient:
    """Graph as one account; implements `core.ports.MailSender`."""

    def __init__(self, access_token: AccessToken, graph_url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._access_token = access_token
        self._base_url = f"{graph_url.rstrip('/')}/v1.0"
        self._timeout_seconds = timeout_seconds

    def send_message(self, raw: bytes) -> str | None:
        """Send a whole mail in MIME form, base64 (`POST /me/sendMail`, scope `Mail.Send`). Graph tells no id."""
        self._post("/me/sendMail", base64.b64encode(raw), "text/plain")
        return None

    def _post(self, path: str, body: bytes, content_type: str) -> requests.Response:
        """Call once, and once more with a newer token after a 401."""
        token = self._access_token(None)
        answer = self._call(path, body, {"Content-Type": content_type}, token)
        if answer.status_code == requests.codes.unauthorized:
            answer = self._call(path, body, {"Content-Type": content_type}, self._access_token(token))
        if not answer.ok or answer.is_redirect:
            raise translate(answer.status_code, answer.headers, answer.content)
        return answer

    def _call(self, path: str, body: bytes, headers: Mapping[str, str], token: str) -> requests.Response:
        try:
            return requests.post(
                self._base_url + path,
                data=body,
                headers={**headers, "Authorization": f"Bearer {token}"},
                timeout=self._timeout_seconds,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            raise UnavailableError(f"Microsoft Graph could not be asked: {type(error).__name__}.") from error
