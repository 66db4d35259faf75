from __future__ import annotations

import gzip

import pytest
from flask import Flask

from core.web.compression import compress_pages

PAGE = "<p>a page</p>" * 1000


@pytest.fixture
def app() -> Flask:
    """An app with a large page, a small one, and a file."""
    app = Flask("packed")
    compress_pages(app)
    app.add_url_rule("/large", view_func=lambda: PAGE, endpoint="large")
    app.add_url_rule("/small", view_func=lambda: "small", endpoint="small")
    app.add_url_rule("/file", view_func=lambda: (PAGE, {"Content-Type": "text/csv"}), endpoint="file")
    return app


def test_a_large_page_is_packed_for_those_who_take_it(app: Flask) -> None:
    answer = app.test_client().get("/large", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(answer.data).decode() == PAGE
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < 1000
    assert app.test_client().get("/large").text == PAGE


@pytest.mark.parametrize("path", ["/small", "/file"])
def test_small_pages_and_other_things_stay_as_they_are(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_the_length_tells_nothing_exactly(app: Flask) -> None:
    client = app.test_client()
    lengths = {len(client.get("/large", headers={"Accept-Encoding": "gzip"}).data) for _ in range(30)}
    assert len(lengths) > 5
