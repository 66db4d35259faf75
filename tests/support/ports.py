"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Below those that the system gives to clients (Linux: from 32768). While a killed server is away, a client that keeps
# connecting to a port among those is one day given that very port, reaches itself, and keeps the server from coming
# back.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody listens on."""
    choose = random.SystemRandom()
    while True:
        port = choose.choice(_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
