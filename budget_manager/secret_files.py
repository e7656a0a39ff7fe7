"""Secrets in files, as containers and systemd hand them over: ``SECRET_KEY_FILE=/run/secrets/key``.

django-environ's FileAwareEnv is not used: it keeps the line break at a file's end, prefers the file
without a word where both variables are set, and does not reach what Flower reads by itself.
"""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

#: Every variable with a secret in it.
SECRETS: Final = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "DATABASE_URL",
    "DATABASE_PASSWORD",
    "REDIS_URL",
    "FLOWER_BASIC_AUTH",
    "ADMIN_PASSWORD",
    "MONITORING_TOKEN",
    "DEAD_MAN_URL",
    "GOOGLE_ADS_CLIENT_SECRET",
    "META_ADS_CLIENT_SECRET",
    "MICROSOFT_ADS_CLIENT_SECRET",
    "MAIL_SERVER",
)


def read_secret_files(environ: MutableMapping[str, str]) -> None:
    """Set each variable NAME whose NAME_FILE is set to what is in that file.

    Line breaks at the file's end are not part of the secret.

    Raises:
        ImproperlyConfigured: the file cannot be read, is empty, or NAME has another value already.
    """
    for name in SECRETS:
        path = environ.get(f"{name}_FILE", "")
        if not path:
            continue
        try:
            secret = Path(path).read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
            raise ImproperlyConfigured(
                f"{name}_FILE is {path!r}, which cannot be read: {reason}."
            ) from error
        if not secret:
            raise ImproperlyConfigured(f"{name}_FILE is {path!r}, and that file is empty.")
        # The same value is what a process finds that was started by one of ours.
        if environ.get(name) not in ("", None, secret):
            raise ImproperlyConfigured(
                f"{name} and {name}_FILE are both set, and differ: set one of them to nothing, "
                f"such as '{name}_FILE='."
            )
        environ[name] = secret
