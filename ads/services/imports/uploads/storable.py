"""Text of strange files, as PostgreSQL can keep it: without NUL and halves of characters."""

from typing import Any


def text(value: str) -> str:
    """The text; what cannot be kept of it becomes a visible mark."""
    return value.replace("\x00", "␀").encode("utf-8", "replace").decode()


def json(value: Any) -> Any:
    """The same for all texts in what is to be kept as JSON."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(key): json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [json(each) for each in value]
    return value
