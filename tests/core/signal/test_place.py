"""Whose place an address shows."""

from __future__ import annotations

import pytest

from core.signal.evidence import NetworkKind, Verdict
from core.signal.place import shows_place
from tests.core.signal.samples import BARE, CHROME, GMAIL_PROXY, YAHOO, opened


@pytest.mark.parametrize("network", [NetworkKind.ACCESS, NetworkKind.UNKNOWN])
@pytest.mark.parametrize("verdict", [Verdict.HUMAN, Verdict.SELF, Verdict.UNKNOWN])
def test_a_persons_own_address_shows_their_place(network: NetworkKind, verdict: Verdict) -> None:
    assert shows_place(opened(CHROME, network=network), verdict)


@pytest.mark.parametrize("network", set(NetworkKind) - {NetworkKind.ACCESS, NetworkKind.UNKNOWN})
def test_a_proxys_relays_or_data_centres_place_is_never_shown(network: NetworkKind) -> None:
    assert not shows_place(opened(CHROME, network=network), Verdict.HUMAN)


@pytest.mark.parametrize("verdict", [Verdict.HUMAN_VIA_PROXY, Verdict.PREFETCH, Verdict.SCANNER])
def test_a_machines_place_is_never_shown(verdict: Verdict) -> None:
    assert not shows_place(opened(CHROME, network=NetworkKind.ACCESS), verdict)


@pytest.mark.parametrize("user_agent", [GMAIL_PROXY, YAHOO])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_proxy_in_an_unknown_network_shows_no_place_whatever_the_verdict(user_agent: str, verdict: Verdict) -> None:
    assert not shows_place(opened(user_agent), verdict)


def test_apples_bare_name_shows_a_place_only_out_of_a_known_isp() -> None:
    assert shows_place(opened(BARE, network=NetworkKind.ACCESS), Verdict.HUMAN)
    assert not shows_place(opened(BARE), Verdict.SELF)
