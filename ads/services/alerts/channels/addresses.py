"""The addresses of channels: read, refused with a reason, and shown without their secrets."""

import base64
import re
import secrets
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from ads.models.alerts import Way

MOST_RECIPIENTS: Final = 20
LONGEST_RECIPIENT: Final = 320

_MAIL: Final = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-:\[\]]+")

#: Options of apprise's addresses that have it read a file of this machine.
_FILES: Final = frozenset({"template", "keyfile", "subfile", "pgpkey", "key", "attach", "config"})


class InvalidChannel(ValueError):
    """An invalid channel: ``field`` and the ``reason`` with its remedy. Never the address."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check(way: str, address: str) -> tuple[str, str]:
    """The address as it is kept, and what of it may be shown.

    Raises:
        InvalidChannel: it is no such address.
    """
    address = address.strip()
    if not address:
        raise InvalidChannel("address", "enter the address that alerts are sent to.")
    kept, shown = _CHECKS[Way(way)](address)
    return kept, shown


def recipients(address: str) -> list[str]:
    """The mail addresses of a channel."""
    return list(dict.fromkeys(re.split(r"[\s,;]+", address.strip(" ,;\t\r\n"))))


def _mail(address: str) -> tuple[str, str]:
    if settings.PRODUCTION and not settings.MAIL_SERVER:
        raise InvalidChannel(
            "way", "this installation has no mail server; have MAIL_SERVER set, then try again."
        )
    each = recipients(address)
    for one in each:
        if not _MAIL.fullmatch(one) or len(one) > LONGEST_RECIPIENT:
            raise InvalidChannel(
                "address",
                f"{one!r} is no mail address; enter addresses such as ann@example.com, separated "
                "by commas.",
            )
    if len(each) > MOST_RECIPIENTS:
        raise InvalidChannel(
            "address",
            f"there are {len(each)} mail addresses; enter at most {MOST_RECIPIENTS}, or that of a "
            "mailing list.",
        )
    more = f" and {len(each) - 1} more" if len(each) > 1 else ""
    return ", ".join(each), f"{each[0][:150]}{more}"


def _service(address: str) -> tuple[str, str]:
    plugin = instance(address)
    if plugin is None:
        raise InvalidChannel(
            "address",
            "this is no address of a service that is known; paste the webhook address that Slack "
            "or Teams shows, or one as on https://github.com/caronc/apprise/wiki.",
        )
    if not _is_on_the_web(plugin):
        raise InvalidChannel(
            "address", f"{plugin.service_name} is not supported; choose a service on the web."
        )
    named = {name.lower() for name in parse_qs(urlsplit(address).query, keep_blank_values=True)}
    if found := sorted(named & _FILES):
        raise InvalidChannel(
            "address", f"the option {found[0]} would read a file of the server; leave it out."
        )
    return address, str(plugin.service_name)[:200]


def instance(address: str) -> Any:
    """Apprise's object for an address; None if it is none that apprise knows.

    Only processes that use it have apprise: 25 MB with all its services.
    """
    import apprise

    asset = apprise.AppriseAsset(async_mode=False)
    return apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)


def _is_on_the_web(plugin: Any) -> bool:
    """Is it told by ``requests``, which :mod:`.guard` knows, or by mail?

    Others run programs of this machine, or connect in ways of their own.
    """
    modules = (sys.modules[one.__module__] for one in type(plugin).__mro__)
    own = [one for one in modules if one.__name__.startswith("apprise.plugins.")]
    return any(hasattr(one, "requests") or hasattr(one, "smtplib") for one in own)


def _webhook(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        raise InvalidChannel(
            "address", "enter an address that begins with https:// and names a host."
        )
    if parts.scheme == "http" and not settings.ALERTS_TO_PRIVATE_ADDRESSES:
        raise InvalidChannel("address", "http is not encrypted; use an address with https://.")
    if parts.username or parts.password:
        raise InvalidChannel(
            "address", "leave out the user and password; webhooks are signed instead."
        )
    return address, f"{parts.scheme}://{host}/…"[:200]


_CHECKS: Final[Mapping[Way, Any]] = {
    Way.MAIL: _mail,
    Way.APPRISE: _service,
    Way.WEBHOOK: _webhook,
}


def new_secret() -> str:
    """A secret for signing webhooks, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
