"""The process trees of `up` and `web`: which roles there are, by what command, told what. Imports nothing heavy."""

from __future__ import annotations

import os
import sys

from core.running.redis_server import redis_arguments
from core.running.supervisor import Role
from core.settings import Settings

TRUSTED_PROXIES = "MAILERPLEX_TRUSTED_PROXIES"
# The web answers first; what works off the hits may take its time, for hits wait in the spool.
_LATER_SECONDS = 0.6


def role_command(*words: str) -> list[str]:
    """Return the command that runs `mailerplex WORDS` with this same Python.

    `-P`: the current folder is not searched, where a stranger's module may have the name of one of ours.
    """
    return [sys.executable, "-P", "-m", "app", *words]


def role_environment(settings: Settings) -> dict[str, str]:
    """Return what children must be told, since it may have come from the command line."""
    return {
        "MAILERPLEX_DATA_DIR": str(settings.data_dir),
        "PORT": str(settings.port),
        "MAILERPLEX_PUBLIC_URL": settings.public_url,
        "MAILERPLEX_TRACKING_URL": settings.tracking_url,
        **({TRUSTED_PROXIES: settings.tunnel_proxies} if settings.tunnel_proxies is not None else {}),
    }


def list_all_roles(settings: Settings, host: str) -> list[Role]:
    """List the processes of `up`. Later stages stop first: the web, then what works off the hits, then Redis."""
    environment = role_environment(settings) | {
        "MAILERPLEX_LOG_LEVEL": os.environ.get("MAILERPLEX_LOG_LEVEL", "warning")
    }

    def later(name: str, *words: str) -> Role:
        return Role(name, role_command(*words), 1, environment, _LATER_SECONDS)

    roles = [
        Role("web", role_command("web", "--host", host, "--without-shipper"), 2, environment),
        later("shipper", "shipper"),
        later("worker (hits)", "worker", "--queue", "hits"),
        later("worker (alerts)", "worker", "--queue", "alerts"),
        later("scheduler", "scheduler"),
    ]
    if settings.redis_url is None:
        roles.insert(0, Role("redis", redis_arguments(settings), 0))
    return roles


def list_web_roles(settings: Settings, web_words: list[str]) -> list[Role]:
    """List the processes of `web`: the server, and the shipper of this host's spool."""
    environment = role_environment(settings)
    return [
        Role("web", role_command("web", *web_words, "--without-shipper"), 1, environment),
        Role("shipper", role_command("shipper"), 0, environment, _LATER_SECONDS),
    ]
