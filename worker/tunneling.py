"""`up --tunnel`: the tunnel's address is the public and the tracking URL of this run, and of no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from core.errors import SettingsError
from core.running.supervisor import Supervisor
from core.running.tunnel import Tunnel, find_program
from core.settings import Settings, write_noted_url
from worker.tree import TRUSTED_PROXIES, role_environment

_URL_SETTINGS: Final = ("MAILERPLEX_PUBLIC_URL", "MAILERPLEX_TRACKING_URL")
LOG_NAME: Final = "tunnel.log"


class Tunneling:
    """A run's tunnel. Raises SettingsError at once where there can be none."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        for name in _URL_SETTINGS:
            if os.environ.get(name, "").strip():
                raise SettingsError(f"{name} is set, and --tunnel would take its place: leave one of them out.")
        program, path = find_program()
        self._settings = settings
        self._say = say
        self._tunnel = Tunnel(program, path, settings.port, settings.data_dir / "run" / LOG_NAME)

    def open(self) -> Settings:
        """Open it and return the settings of this run. Raises UnavailableError."""
        self._say(f"Opening a tunnel by {self._tunnel.program.name} …")
        return self._take(self._tunnel.open())

    def watch(self, supervisor: Supervisor) -> None:
        """Keep it open; when it comes back with another address, start the roles anew with that."""
        url = self._tunnel.tend(self._say)
        if url is None or url == self._settings.public_url:
            return
        settings = self._take(url)
        write_noted_url(settings)
        supervisor.change_environment(role_environment(settings))

    def close(self) -> None:
        """End it."""
        self._tunnel.close()

    def _take(self, url: str) -> Settings:
        self._say(
            f"Temporary public address: {url}\n"
            "It ends with this run: mail that you track now is seen only until then, and its links lead nowhere later."
        )
        # Who set the proxies knows better than we do.
        proxies = None if os.environ.get(TRUSTED_PROXIES, "").strip() else self._tunnel.program.proxies
        self._settings = replace(
            self._settings, public_url=url, tracking_url=url, has_temporary_url=True, tunnel_proxies=proxies
        )
        return self._settings
