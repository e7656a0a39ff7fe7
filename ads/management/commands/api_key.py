"""``manage.py api_key``: create, list and revoke keys of the HTTP API."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.senders import (
    add_sender_options,
    given_instant,
    sender_options,
    site,
)
from ads.management.terminal import Screen, acting, instant, printable
from ads.models import ApiKey
from ads.models.access import Scope
from ads.services.senders import InvalidSender, api_keys, rights


class Command(PreparedCommand):
    help = "Creates, lists and revokes keys of the HTTP API."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create", help="create a key; shows it, once")
        add_sender_options(create)
        create.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=Scope.values,
            help="a permission; repeatable",
        )
        create.add_argument(
            "--expires",
            metavar="DAY",
            help="when it expires: a date (from its start in UTC), or a date and time such as "
            "2027-01-01T09:00+01:00 (default: never)",
        )
        create.add_argument(
            "--requests-per-minute",
            type=int,
            metavar="N",
            help="the rate limit (default: from the settings)",
        )
        what.add_parser("list", help="list all keys, including revoked ones")
        revoke = what.add_parser("revoke", help="revoke a key for good")
        revoke.add_argument("key", help="its name or prefix")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("api_key"):
            if options["what"] == "create":
                self._create(screen, options)
            elif options["what"] == "revoke":
                _revoke(screen, options["key"])
            else:
                _list(screen)

    def _create(self, screen: Screen, options: dict[str, Any]) -> None:
        try:
            key, text = api_keys.issue(
                **sender_options(options),
                scopes=options["scope"],
                expires_at=given_instant("--expires", options["expires"]),
                requests_per_minute=options["requests_per_minute"],
                now=timezone.now(),
            )
        except InvalidSender as error:
            raise CommandError(printable(str(error))) from error
        screen.line(f"The key of {key.name}. It is shown only once: keep it in a safe place.")
        screen.line()
        # Not by the screen, which would wrap lines that are meant to be copied.
        self.stdout.write(text)
        screen.line()
        screen.line("Try it:")
        self.stdout.write(f"curl -H 'Authorization: Bearer {text}' {site()}/api/v1/key")


def _list(screen: Screen) -> None:
    now = timezone.now()
    keys = ApiKey.objects.prefetch_related("brands")
    if not keys:
        screen.line("There are no keys yet. Create one with: api_key create")
        return
    screen.table(
        ["name", "begins with", "source", "permissions", "brands", "expires", "last used", "state"],
        (
            (
                key.name,
                f"bm_{key.prefix}",
                key.source,
                ", ".join(key.scopes),
                rights.brands_of(key),
                instant(key.expires_at),
                instant(key.last_used_at),
                api_keys.state(key, now),
            )
            for key in keys
        ),
    )


def _revoke(screen: Screen, named: str) -> None:
    prefix = named.removeprefix("bm_")
    key = (
        ApiKey.objects.filter(name=named).first() or ApiKey.objects.filter(prefix=prefix).first()
        if named.isprintable()
        else None
    )
    if key is None:
        raise CommandError(
            f'There is no key with the name or prefix "{printable(named)}". See: api_key list'
        )
    if not api_keys.revoke(key, now=timezone.now()):
        raise CommandError(f"{key.name} is already revoked.")
    screen.line(f"{key.name} (bm_{key.prefix}) is revoked. Its requests are refused from now on.")
