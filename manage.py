#!/usr/bin/env python3
"""Django's command line, which finds the virtual environment and the bundled servers by itself."""

import importlib.util
import os
import sys
from pathlib import Path

VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    """Run one command."""
    if importlib.util.find_spec("django") is None:
        enter_virtual_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # without settings, Django would go on to a message about something else
        settings.INSTALLED_APPS  # noqa: B018
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")
    execute_from_command_line(sys.argv)


def enter_virtual_environment() -> None:
    """Start again with the Python of the virtual environment that ``start.sh`` made."""
    if not VENV_PYTHON.exists() or Path(sys.prefix) == VENV_PYTHON.parent.parent:
        sys.exit("error: Django is not installed. Run ./start.sh once; it installs everything.")
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
