"""What the tests of reading share."""

from typing import Any


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [item["id"] for item in answer.json()["items"]]


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


def listed(changes: Any) -> list[int]:
    return [item["id"] for item in changes["items"]]
