"""Reading requests takes memory in proportion to what was sent, however wrong it is."""

from __future__ import annotations

import json

from tests.support.api import ApiClient


def test_errors_without_end_are_counted_rather_than_listed(api: ApiClient) -> None:
    body = json.dumps({f"field{number}": 1 for number in range(6000)})
    answer = api.post("/messages", data=body, content_type="application/json")
    assert answer.status_code == 422
    assert "6001 errors" in answer.json["detail"]
    assert "errors" not in answer.json


def test_a_few_errors_are_listed(api: ApiClient) -> None:
    answer = api.post("/messages", data=json.dumps({"field": 1}), content_type="application/json")
    assert {error["pointer"] for error in answer.json["errors"]} == {"/field", "/recipients"}
