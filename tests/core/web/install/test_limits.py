"""Limits of the install flow."""

from __future__ import annotations

import pytest

from core.storage.models import User
from core.web.throttles import Trial
from tests.fakes.openid import OpenIdProvider
from tests.support.openid import go
from tests.support.pages import PageClient

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_network_begins_only_so_many_sign_ins(stranger: PageClient, owner: User, provider: OpenIdProvider) -> None:
    statuses = [stranger.get("/connect/google").status_code for _ in range(Trial.CONNECT.most)]
    assert set(statuses) == {303}
    refused = stranger.get("/connect/google")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]


@ON_SQLITE
def test_answers_that_belong_to_nothing_are_refused_after_a_while_and_genuine_ones_count_for_nothing(
    browser: PageClient, stranger: PageClient, provider: OpenIdProvider
) -> None:
    assert browser.get(go(browser, "/connect/google")).status_code == 303
    made_up = "/connect/google/callback?state=made.up&code=x"
    statuses = [stranger.get(made_up).status_code for _ in range(Trial.CALLBACK.most)]
    assert set(statuses) == {400}
    assert stranger.get(made_up).status_code == 429
