"""Texts as PostgreSQL can store them."""


def storable(text: str) -> str:
    """The text with visible marks in place of NUL and of halves of characters, if it has any."""
    if text.isascii() and "\x00" not in text:  # nearly all
        return text
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()
