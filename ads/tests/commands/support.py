"""Running commands and reading what they say."""

from io import StringIO

from django.core.management import call_command


def say(command: str, *arguments: str) -> str:
    """Run a command; what it printed."""
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def rows(said: str) -> list[list[str]]:
    """The lines as lists of their columns, which two spaces or more keep apart."""
    return [
        [part.strip() for part in line.split("  ") if part.strip()] for line in said.splitlines()
    ]
