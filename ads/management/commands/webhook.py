"""``manage.py webhook``: addresses for signed webhooks made, listed, given a new secret."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ads.management.commands._senders import (
    add_sender_options,
    brands_of,
    sender_options,
    site,
    utc,
)
from ads.management.commands._terminal import Screen, acting, count, printable
from ads.models import WebhookEndpoint
from ads.services.senders import CannotUnseal, InvalidSender, webhook_endpoints

HOUR = timedelta(hours=1)


class Command(BaseCommand):
    help = "Makes, lists and switches the addresses that signed webhooks are sent to."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create", help="make an address; its secret is shown this once")
        add_sender_options(create)
        what.add_parser("list", help="every address")
        rotate = what.add_parser("rotate", help="make a new secret; it is shown this once")
        rotate.add_argument(
            "--hours",
            type=float,
            default=webhook_endpoints.PREVIOUS_ACCEPTED / HOUR,
            help="how long the secret before is accepted too; 0: it is not (default: %(default)g)",
        )
        disable = what.add_parser("disable", help="refuse what is sent there, to be sent again")
        enable = what.add_parser("enable", help="take it again")
        for named in (rotate, disable, enable):
            named.add_argument("name", help="the name or the address")
        what.add_parser(
            "seal-anew", help="after a new SECRET_KEY: let nothing need the one before any more"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("webhook"):
            try:
                getattr(self, f"_{options['what'].replace('-', '_')}")(screen, options)
            except (InvalidSender, CannotUnseal) as error:
                raise CommandError(printable(str(error))) from error

    def _create(self, screen: Screen, options: dict[str, Any]) -> None:
        endpoint, secret = webhook_endpoints.create(**sender_options(options))
        screen.line(f"The address of {endpoint.name}:")
        self.stdout.write(address(endpoint))
        self._show(screen, secret)

    def _rotate(self, screen: Screen, options: dict[str, Any]) -> None:
        endpoint = endpoint_named(options["name"])
        now = timezone.now()
        try:
            previous_until = now + timedelta(hours=options["hours"])
        except (ValueError, OverflowError) as error:
            raise CommandError(f"--hours: {options['hours']} is no number of hours.") from error
        secret = webhook_endpoints.rotate(endpoint, previous_until=previous_until, now=now)
        self._show(screen, secret)
        screen.line(
            f"The one before is accepted until {utc(previous_until)}."
            if previous_until > now
            else "The one before is accepted no more."
        )

    def _show(self, screen: Screen, secret: str) -> None:
        screen.line("Its secret. It is shown this once: give it to the sender.")
        # Not by the screen, which would break a line that is to be copied.
        self.stdout.write(secret)

    def _list(self, screen: Screen, _: dict[str, Any]) -> None:
        endpoints = WebhookEndpoint.objects.prefetch_related("brands")
        if not endpoints:
            screen.line("There are no endpoints yet: make one with webhook create.")
            return
        screen.table(
            ["name", "address", "source", "brands", "last received", "two secrets until", "state"],
            (
                (
                    endpoint.name,
                    address(endpoint),
                    endpoint.source,
                    brands_of(endpoint),
                    utc(endpoint.last_received_at),
                    utc(endpoint.previous_expires_at),
                    "on" if endpoint.is_active else "off",
                )
                for endpoint in endpoints
            ),
        )

    def _disable(self, screen: Screen, options: dict[str, Any]) -> None:
        endpoint = endpoint_named(options["name"])
        if not webhook_endpoints.switch(endpoint, is_active=False, now=timezone.now()):
            raise CommandError(f"{endpoint.name} was off already.")
        screen.line(f"{endpoint.name} is off: what is sent there is refused, to be sent again.")

    def _enable(self, screen: Screen, options: dict[str, Any]) -> None:
        endpoint = endpoint_named(options["name"])
        if not webhook_endpoints.switch(endpoint, is_active=True, now=timezone.now()):
            raise CommandError(f"{endpoint.name} was on already.")
        screen.line(f"{endpoint.name} is on.")

    def _seal_anew(self, screen: Screen, _: dict[str, Any]) -> None:
        sealed = webhook_endpoints.seal_all_anew()
        screen.line(
            f"The secrets of {count(sealed, 'endpoint')} are sealed with the SECRET_KEY of today; "
            "they need none of SECRET_KEY_FALLBACKS."
        )


def address(endpoint: WebhookEndpoint) -> str:
    """Where its sender sends to."""
    return f"{site()}{webhook_endpoints.path(endpoint)}"


def endpoint_named(named: str) -> WebhookEndpoint:
    """The endpoint of this name, or of this address.

    Raises:
        CommandError: there is none.
    """
    for endpoint in WebhookEndpoint.objects.all():
        if endpoint.name == named or named.rstrip("/").endswith(str(endpoint.address)):
            return endpoint
    raise CommandError(f'There is no endpoint "{printable(named)}"; see webhook list.')
