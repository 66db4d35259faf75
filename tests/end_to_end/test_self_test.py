"""The self-test with the real processes: begun in a browser's way, carried out by a worker, seen on the page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import requests

from tests.end_to_end.conftest import Start
from tests.fakes.smtp import run_smtp
from tests.support.children import wait_until

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def test_a_test_message_is_sent_opened_stored_and_judged_while_the_page_looks_on(prepare: Start) -> None:
    with run_smtp() as mail:
        running = prepare(SMTP_URL=f"{mail.url}&tls=off")
        running.start()
        base = f"http://127.0.0.1:{running.port}"
        said = running.command("signin-link", "olga@example.com")
        found = re.search(rb"/signin/\S+", said.stdout + said.stderr)
        assert found is not None
        link = urlsplit(found[0].decode()).path
        with requests.Session() as browser:

            def submit(page: str, path: str) -> None:
                token = _TOKEN.search(browser.get(base + page, timeout=10).text)
                assert token is not None
                answer = browser.post(base + path, data={"csrf_token": token[1]}, timeout=10)
                assert answer.ok, answer.text

            submit(link, link)
            submit("/start", "/start/test")
            outcome = "All works on this machine"
            wait_until(lambda: outcome in browser.get(f"{base}/start", timeout=10).text, outcome, seconds=20)
            page = browser.get(f"{base}/start", timeout=10).text
            assert "The mail server of SMTP_URL took it." in page
            assert "A scanner or other machine" in page
        [letter] = mail.mailbox.wait(1)
        assert letter["Subject"] == "MailerPlex: your test message"
