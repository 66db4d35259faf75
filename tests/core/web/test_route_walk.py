"""Walks the whole route table: who may call what, and that another workspace's data is not there for anybody.

A new route fails here until it is covered: one that names a thing needs that thing in `find_ids`, one that anybody may
call needs its place in `PUBLIC`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.accounts.api_tokens import create_api_token, verify_api_token
from core.accounts.devices import Origin
from core.accounts.entry import sign_in as sign_in_browser
from core.accounts.install.installer import Installer
from core.accounts.roles import EVERYONE
from core.alerts.web import create_unsubscribe_blueprint
from core.keys import KeyRing
from core.messages.exclusions import add_exclusion, list_exclusions
from core.people.invitations import invite
from core.storage.models import Base, Connection, Message, Session, Signin, User
from core.web.access import PUBLIC as ANYBODY
from core.web.access import SESSION, TOKEN, find_access, find_roles
from core.web.api import create_api
from core.web.factory import create_app
from core.web.pages.tracking import OWN
from core.web.services import WebServices
from tests.support.api import FakeJudge, add_event, build_services
from tests.support.pages import PageClient, find_token, sign_in
from tests.support.team import act_as, add_person, add_workspace, post_message

# Endpoints that answer without a sign-in: each is one decision.
PUBLIC = {
    "alerts_unsubscribe.act",
    "alerts_unsubscribe.ask",
    "api.get_document",
    "api.refuse_other",
    "health.show_liveness",
    "health.show_metrics",
    "health.show_readiness",
    "pages.begin_install",
    "pages.finish_install",
    "pages.join",
    "pages.show_front",
    "pages.show_invitation",
    "pages.show_signin",
    "pages.sign_in",
    "pages.sign_out",
    "statics.serve",
    "statics.serve_icon",
    "statics.serve_robots",
}
# Parts of a path that name nothing of a workspace: secrets that are the permission themselves, providers, files.
NO_RESOURCE = dict.fromkeys(("secret", "token", "provider", "name", "filename", "digest", "rest"), "x")
NO_RESOURCE |= {"topic": "google", "whose": OWN}
# What a form or body needs in order to be carried out if only the thing were one's own.
FORMS = {"pages.save_role": {"role": "member"}, "pages.end_membership": {"messages": "delete"}}
BODIES = {"api.post_correction": {"verdict": "self"}}
HARMLESS = {"api.delete_recipient"}  # says 200, for erasing what is not there is no error
# These say the same of a thing that is another's, that was ended before, or that never was; they end nothing then.
GONE = {"pages.end_one", "pages.revoke_token"}
# What is one person's own, whatever the role of whoever asks.
PERSONAL = {"message_id", "event_id", "connection_id", "address", "token_id", "session_id", "signin_id", "exclusion_id"}
FOREIGN, HIDDEN = "Merger at Elsewhere", "Resignation of Olga"


@dataclass
class Caller:
    """A person with a signed-in browser and a token."""

    user: User
    browser: PageClient
    csrf: str
    bearer: str

    def call(self, rule: Rule, method: str, path: str) -> TestResponse:
        """Call a route as its own pages, or a program, would."""
        if path.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self.bearer}"}
            body = BODIES.get(rule.endpoint, {}) if method in ("POST", "PATCH", "PUT") else None
            return self.browser.flask.open(path, method=method, base_url=self.browser.base, headers=headers, json=body)
        form = {"csrf_token": self.csrf, **FORMS.get(rule.endpoint, {})} if method != "GET" else None
        return self.browser.flask.open(path, method=method, base_url=self.browser.base, data=form)


@dataclass
class Scene:
    """A workspace with an owner, an admin and a member, and another workspace with something of everything."""

    app: Flask
    services: WebServices
    callers: dict[str, Caller]
    foreign: dict[str, str]
    hidden: dict[str, str]
    shared: dict[str, str]

    def walk(self, access: object) -> Iterator[tuple[Rule, str]]:
        """List the routes with such a mark, with each of their methods."""
        for rule in self.app.url_map.iter_rules():
            if find_access(self.app.view_functions[rule.endpoint]) is access:
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield rule, method

    def build(self, rule: Rule, ids: dict[str, str]) -> str:
        """Build a path to things."""
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("127.0.0.1:8000")
            return adapter.build(
                rule.endpoint, {name: (NO_RESOURCE | ids)[name] for name in rule.arguments}, force_external=False
            )

    def count_rows(self) -> dict[str, int]:
        """Count all rows but those that say who did and saw what."""
        with self.services.reading_sessions() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name not in ("audit_entries", "erasures", "installation_facts")
            }


def find_ids(services: WebServices, user: User, subject: str, *, is_shared: bool = False) -> dict[str, str]:
    """Make one of each thing that a path can name, of a user, and return their ids by the name in the path."""
    address = f"{user.id[-8:]}@recipient.example"
    message_id = post_message(services, user, subject=subject, to=address, is_shared=is_shared)
    event_id = add_event(services.sessions, message_id)
    now = services.clock()
    with services.sessions.begin() as session:
        connection = Connection(
            workspace_id=user.workspace_id,
            user_id=user.id,
            provider="google",
            subject=user.id,
            email=f"{user.id[-6:]}@gmail.example",
            state="connected",
            created_at=now,
            changed_at=now,
        )
        session.add(connection)
        session.flush()
        connection_id = connection.id
    with services.sessions.begin() as session:
        bearer = create_api_token(session, session.get_one(User, user.id), "theirs", now)
        sign_in_browser(session, user.id, "one-time link", Origin("Firefox"), now, None)
    with services.reading_sessions() as session:
        found = verify_api_token(session, bearer, now)
        assert found is not None
        token_id = found.id
        session_id = session.scalars(select(Session.id).where(Session.user_id == user.id)).one()
        signin_id = session.scalars(select(Signin.id).where(Signin.user_id == user.id)).one()
    with services.sessions.begin() as session:
        add_exclusion(session, user.workspace_id, user.id, f"{user.id[-8:]}.example", now)
        exclusion_id = list_exclusions(session, user.workspace_id, user.id)[0].id
        owner = act_as(replace_role(user), now)
        invitation = invite(session, owner, f"i{user.id[-8:]}@invited.example", "member", now - timedelta(hours=1))
    return {
        "message_id": message_id,
        "event_id": event_id,
        "connection_id": connection_id,
        "person_id": user.id,
        "invitation_id": invitation.id,
        "token_id": token_id,
        "session_id": session_id,
        "signin_id": signin_id,
        "exclusion_id": exclusion_id,
        "address": address,
    }


def replace_role(user: User) -> User:
    """Look at a user as an owner."""
    return User(id=user.id, workspace_id=user.workspace_id, email=user.email, role="owner")


@pytest.fixture
def scene(services: WebServices, ring: KeyRing, owner: User) -> Scene:
    """The scene, with all pages, the API and what else is served."""
    api = create_api(
        build_services(services.settings, services.sessions, services.reading_sessions, ring, FakeJudge(due=()))
    )
    unsubscribe = create_unsubscribe_blueprint(services.sessions, lambda: ring)
    url = services.settings.public_url
    installer = Installer({}, services.sessions, lambda: ring, url, services.clock)
    services = replace(services, blueprints=(api, unsubscribe), installer=installer)
    app = create_app(services)
    now = services.clock()
    users = {"owner": owner}
    for role in ("admin", "member"):
        users[role] = add_person(services.sessions, owner.workspace_id, f"{role}@example.com", role, now)
    mate = add_person(services.sessions, owner.workspace_id, "mate@example.com", "owner", now)
    foreigner = add_person(
        services.sessions, add_workspace(services.sessions, now), "x@elsewhere.example", "owner", now
    )
    return Scene(
        app,
        services,
        {role: enter(app, services, user) for role, user in users.items()},
        foreign=find_ids(services, foreigner, FOREIGN),
        hidden=find_ids(services, mate, HIDDEN),
        shared={"message_id": post_message(services, mate, subject="Shared by a mate", is_shared=True)},
    )


def enter(app: Flask, services: WebServices, user: User) -> Caller:
    """Sign a user in, and make a token of theirs."""
    browser = sign_in(app, services, user)
    with services.sessions.begin() as session:
        bearer = create_api_token(session, session.get_one(User, user.id), "walk", services.clock())
    return Caller(user, browser, find_token(browser.get("/settings")), bearer)


def test_every_route_that_names_something_is_covered(scene: Scene) -> None:
    names = {name for rule in scene.app.url_map.iter_rules() for name in rule.arguments}
    uncovered = names - NO_RESOURCE.keys() - scene.foreign.keys()
    assert not uncovered, f"say in `find_ids` how to make one, or in NO_RESOURCE why there is none: {uncovered}"


def test_what_anybody_may_call_is_on_the_list(scene: Scene) -> None:
    assert {rule.endpoint for rule, _ in scene.walk(ANYBODY)} == PUBLIC


def test_all_else_refuses_who_is_not_signed_in(scene: Scene) -> None:
    stranger = PageClient(scene.app)
    checked = 0
    for access in (SESSION, TOKEN):
        for rule, method in scene.walk(access):
            path = scene.build(rule, scene.foreign)
            answer = stranger.flask.open(path, method=method, base_url=stranger.base)
            assert answer.status_code == 401 or (method == "POST" and answer.status_code == 400), (method, path)
            checked += 1
    assert checked >= 30


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_anothers_workspace_is_not_there(scene: Scene, role: str) -> None:
    caller, before, checked = scene.callers[role], scene.count_rows(), 0
    for access in (SESSION, TOKEN):
        for rule, method in scene.walk(access):
            if rule.arguments & scene.foreign.keys():
                path = scene.build(rule, scene.foreign)
                answer = caller.call(rule, method, path)
                assert answer.status_code == expect(scene, rule, role), (method, path, answer.text[:500])
                assert FOREIGN not in answer.text
                assert answer.headers.get("Location", "done=gone").endswith("done=gone")
                checked += 1
    assert checked >= 15
    assert scene.count_rows() == before


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_a_teammates_mail_and_accounts_are_not_there_either(scene: Scene, role: str) -> None:
    caller, before, checked = scene.callers[role], scene.count_rows(), 0
    for access in (SESSION, TOKEN):
        for rule, method in scene.walk(access):
            names = rule.arguments & PERSONAL
            is_erasure = rule.endpoint in HARMLESS and role != "member"  # theirs to carry out, see docs/people.md
            if names and not is_erasure:
                path = scene.build(rule, scene.hidden)
                answer = caller.call(rule, method, path)
                assert answer.status_code == expect(scene, rule, role), (method, path, answer.text[:500])
                assert HIDDEN not in answer.text
                checked += 1
    assert checked >= 10
    assert scene.count_rows() == before


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_no_list_shows_what_is_not_ones_own(scene: Scene, role: str) -> None:
    caller, checked = scene.callers[role], 0
    for access in (SESSION, TOKEN):
        for rule, method in scene.walk(access):
            if method == "GET" and not rule.arguments:
                answer = caller.call(rule, method, scene.build(rule, {}))
                allowed = role in find_roles(scene.app.view_functions[rule.endpoint])
                assert (answer.status_code == 403) is not allowed, rule.rule
                for text in (FOREIGN, HIDDEN, "elsewhere.example", scene.foreign["address"], scene.hidden["address"]):
                    assert text not in answer.text, rule.rule
                checked += 1
    assert checked >= 6
    assert "Shared by a mate" in caller.browser.get("/activity").text


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_what_a_teammate_shares_is_seen_and_not_changed(scene: Scene, role: str) -> None:
    caller = scene.callers[role]
    for access in (SESSION, TOKEN):
        for rule, method in scene.walk(access):
            if rule.arguments == {"message_id"}:
                answer = caller.call(rule, method, scene.build(rule, scene.shared))
                assert answer.status_code == (200 if method == "GET" else 403), (method, rule.rule)
    with scene.services.reading_sessions() as session:
        assert session.get_one(Message, scene.shared["message_id"]).is_shared


def test_members_and_admins_are_kept_from_what_is_not_theirs_to_do(scene: Scene) -> None:
    managed = {}
    for rule, method in scene.walk(SESSION):
        roles = find_roles(scene.app.view_functions[rule.endpoint])
        if roles != EVERYONE:
            managed[rule.endpoint] = {role.value for role in roles}
            for role in ("admin", "member"):
                if role not in roles:
                    answer = scene.callers[role].call(rule, method, scene.build(rule, scene.foreign))
                    assert answer.status_code == 403, (role, rule.rule)
    owners, managers = {"owner"}, {"owner", "admin"}
    for endpoint in ("pages.add_domain", "pages.remove_domain", "pages.hand_over"):
        assert managed[endpoint] == owners
    for endpoint in (
        "pages.send_invitation",
        "pages.resend_invitation",
        "pages.end_invitation",
        "pages.show_person",
        "pages.save_role",
        "pages.end_membership",
    ):
        assert managed[endpoint] == managers


def expect(scene: Scene, rule: Rule, role: str) -> int:
    """Return the status for a thing that is not there; who may do no such thing hears that, whatever is there."""
    if role not in find_roles(scene.app.view_functions[rule.endpoint]):
        return 403
    if rule.endpoint in GONE:
        return 303
    return 200 if rule.endpoint in HARMLESS else 404
