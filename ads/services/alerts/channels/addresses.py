"""The addresses of channels: read, refused with a reason, and shown without their secrets."""

import re
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

from ads.models import Channel
from ads.models.alerts import Way

MOST_RECIPIENTS: Final = 20
LONGEST_RECIPIENT: Final = 320

_MAIL: Final = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-:\[\]]+")

#: What apprise makes of the options of an address that have it read a file of this machine.
FILES: Final = frozenset({"template", "keyfile", "subfile", "pgp_key", "pgp_privkey"})

#: In addresses that Teams gave out until it ended them in 2026.
_TEAMS_CONNECTOR: Final = ".webhook.office.com/"

#: Whom chats and incidents are from.
_SENDER: Final = "Budget Manager"

#: What a service may add to a message, such as a counter of parts.
_ADDED: Final = 40


class InvalidChannel(ValueError):
    """An invalid channel: ``field`` and the ``reason`` with its remedy. Never the address."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ChannelIsOff(ValueError):
    def __init__(self, channel: Channel) -> None:
        super().__init__(f"{channel} is off; switch it on, then send again.")


def check_is_on(channel: Channel) -> None:
    """Refuse to send to a channel that is switched off, where it would wait for ever.

    Raises:
        ChannelIsOff: it is.
    """
    if not channel.is_active:
        raise ChannelIsOff(channel)


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
    return list(dict.fromkeys(re.split(r"[\s,;]+", address.strip(" ,;\t\r\n"))))


def masked(recipient: str) -> str:
    """A mail address as everybody may read it: "a…@example.com"."""
    name, _, host = recipient.rpartition("@")
    return f"{name[:1]}…@{host}"


def fingerprint(recipient: str) -> str:
    """What is kept of a mail address that has a message, as addresses are kept sealed only."""
    return salted_hmac("ads.alerts.recipient", recipient).hexdigest()


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
    if found := _files(_parsed(address)):
        raise InvalidChannel(
            "address", f"it has an option that reads a file of the server ({found[0]}); remove it."
        )
    plugin = instance(address)
    if plugin is None and _TEAMS_CONNECTOR in address:
        raise InvalidChannel(
            "address",
            "Teams has ended connectors, of which this is one; add a workflow to the channel there "
            "(Send webhook alerts to a channel), and paste the address that it shows.",
        )
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
    return address, str(plugin.service_name)[:200]


def instance(address: str, *, may_read_files: bool = False) -> Any:
    """Apprise's object for an address; None if it is none that apprise knows, or reads files.

    Only processes that use it have apprise: 25 MB with all its services. It does its work in the
    thread that calls it, so that one receiver keeps no other waiting.
    """
    import apprise

    parsed = _parsed(address)
    if not parsed or (_files(parsed) and not may_read_files):
        return None
    asset = apprise.AppriseAsset(
        app_id=_SENDER, app_desc=_SENDER, async_mode=False, service_timeout=0
    )
    return apprise.Apprise.instantiate(parsed, asset=asset, suppress_exceptions=True)


def takes_whole(address: str, subject: str, text: str) -> bool:
    """Does this service take the message as it is? It is cut off where it is too long."""
    from apprise.common import NotifyFormat
    from apprise.conversion import convert_between

    plugin = instance(address)
    if plugin is None:
        return True  # nothing is sent
    # What counts is the text with what is escaped in it.
    form = plugin.resolve_format(NotifyFormat.TEXT)
    written: str = convert_between(  # type: ignore[no-untyped-call]
        NotifyFormat.TEXT, form, f"{subject}\n{text}"
    )
    return len(written) + _ADDED <= int(plugin.body_maxlen)


def _parsed(address: str) -> dict[str, Any]:
    """What apprise reads in an address, by the names of its own."""
    from apprise.plugins import url_to_dict

    found: dict[str, Any] | None = url_to_dict(address)  # type: ignore[no-untyped-call]
    return found or {}


def _files(parsed: Mapping[str, Any]) -> list[str]:
    """The options among these that have it read files."""
    return sorted(name for name in FILES if parsed.get(name))


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
