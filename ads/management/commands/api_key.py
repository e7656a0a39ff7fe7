"""``manage.py api_key``: keys of the HTTP API made, listed and revoked."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ads.management.commands._senders import (
    add_sender_options,
    brands_of,
    given_instant,
    sender_options,
    site,
    utc,
)
from ads.management.commands._terminal import Screen, acting, printable
from ads.models import ApiKey
from ads.models.senders import Scope
from ads.services.senders import InvalidSender, api_keys


class Command(BaseCommand):
    help = "Makes, lists and revokes keys of the HTTP API."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create", help="make a key; it is shown this once")
        add_sender_options(create)
        create.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=Scope.values,
            help="what it may do; once for each",
        )
        create.add_argument(
            "--expires",
            metavar="DAY",
            help="from then on it is refused: a day (its first moment in UTC), or an instant such "
            "as 2027-01-01T09:00+01:00 (default: never)",
        )
        create.add_argument(
            "--requests-per-minute",
            type=int,
            metavar="N",
            help="(default: as many as the settings say)",
        )
        what.add_parser("list", help="every key, the revoked ones too")
        revoke = what.add_parser("revoke", help="refuse a key from now on, for good")
        revoke.add_argument("key", help="its name or its prefix")

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
        screen.line(
            f"The key of {key.name}. It is shown this once: keep it where secrets are kept."
        )
        screen.line()
        # Not by the screen, which would break lines that are to be copied.
        self.stdout.write(text)
        screen.line()
        screen.line("Try it:")
        self.stdout.write(f"curl -H 'Authorization: Bearer {text}' {site()}/api/v1/key")


def _list(screen: Screen) -> None:
    now = timezone.now()
    keys = ApiKey.objects.prefetch_related("brands")
    if not keys:
        screen.line("There are no keys yet: make one with api_key create.")
        return
    screen.table(
        ["name", "begins with", "source", "may", "brands", "expires", "last used", "state"],
        (
            (
                key.name,
                f"bm_{key.prefix}",
                key.source,
                ", ".join(key.scopes),
                brands_of(key),
                utc(key.expires_at),
                utc(key.last_used_at),
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
            f'There is no key of the name or prefix "{printable(named)}"; see api_key list.'
        )
    if not api_keys.revoke(key, now=timezone.now()):
        raise CommandError(f"{key.name} had been revoked already.")
    screen.line(f"{key.name} (bm_{key.prefix}) is revoked: it opens nothing any more.")
