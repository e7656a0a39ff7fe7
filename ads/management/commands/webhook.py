"""``manage.py webhook``: create, list and switch webhook endpoints, and replace their secrets."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.senders import (
    add_sender_options,
    sender_options,
    site,
)
from ads.management.terminal import Screen, acting, count, instant, printable
from ads.models import WebhookEndpoint
from ads.services import platform_credentials
from ads.services.alerts import channels
from ads.services.ledger import OnOverlap
from ads.services.people import second_factor
from ads.services.senders import CannotUnseal, InvalidSender, rights, webhook_endpoints

HOUR = timedelta(hours=1)


class Command(PreparedCommand):
    help = "Creates, lists and switches the endpoints that receive signed webhooks."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create", help="create an endpoint; shows its secret, once")
        add_sender_options(create)
        create.add_argument(
            "--on-overlap",
            choices=OnOverlap.values,
            default="",
            help="what becomes of day totals of campaigns and days that another source has "
            "reported: add (both count), replace (the other's are taken back) or skip (default: "
            "the webhook is refused)",
        )
        what.add_parser("list", help="list all endpoints")
        rotate = what.add_parser("rotate", help="create a new secret; shows it, once")
        rotate.add_argument(
            "--hours",
            type=float,
            default=webhook_endpoints.PREVIOUS_ACCEPTED / HOUR,
            help="how long the previous secret is still accepted (default: %(default)g)",
        )
        disable = what.add_parser("disable", help="refuse webhooks; senders will retry")
        enable = what.add_parser("enable", help="accept webhooks again")
        for named in (rotate, disable, enable):
            named.add_argument("name", help="its name or address")
        what.add_parser(
            "seal-anew", help="after a change of SECRET_KEY: encrypt all secrets with the new key"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("webhook"):
            try:
                getattr(self, f"_{options['what'].replace('-', '_')}")(screen, options)
            except (InvalidSender, CannotUnseal) as error:
                raise CommandError(printable(str(error))) from error

    def _create(self, screen: Screen, options: dict[str, Any]) -> None:
        endpoint, secret = webhook_endpoints.create(
            **sender_options(options), on_overlap=options["on_overlap"]
        )
        screen.line(f"The address of {endpoint.name}:")
        self.stdout.write(address(endpoint))
        self._show(screen, secret)

    def _rotate(self, screen: Screen, options: dict[str, Any]) -> None:
        endpoint = endpoint_named(options["name"])
        now = timezone.now()
        try:
            previous_until = now + timedelta(hours=options["hours"])
        except (ValueError, OverflowError) as error:
            raise CommandError(f"--hours: {options['hours']} is not a number of hours.") from error
        secret = webhook_endpoints.rotate(endpoint, previous_until=previous_until, now=now)
        self._show(screen, secret)
        screen.line(
            f"The previous secret is accepted until {instant(previous_until)}."
            if previous_until > now
            else "The previous secret is no longer accepted."
        )
        if endpoint.previous_expires_at and endpoint.previous_expires_at > now:
            screen.line("The one before that is refused from now on, which was still accepted.")

    def _show(self, screen: Screen, secret: str) -> None:
        screen.line("Its secret. It is shown only once: give it to the sender.")
        # Not by the screen, which would wrap a line that is meant to be copied.
        self.stdout.write(secret)

    def _list(self, screen: Screen, _: dict[str, Any]) -> None:
        endpoints = WebhookEndpoint.objects.prefetch_related("brands")
        if not endpoints:
            screen.line("There are no endpoints yet. Create one with: webhook create")
            return
        screen.table(
            [
                "name",
                "address",
                "source",
                "brands",
                "last received",
                "previous secret until",
                "state",
            ],
            (
                (
                    endpoint.name,
                    address(endpoint),
                    endpoint.source,
                    rights.brands_of(endpoint),
                    instant(endpoint.last_received_at),
                    instant(endpoint.previous_expires_at),
                    "on" if endpoint.is_active else "off",
                )
                for endpoint in endpoints
            ),
        )

    def _disable(self, screen: Screen, options: dict[str, Any]) -> None:
        self._switch(screen, options, is_active=False)

    def _enable(self, screen: Screen, options: dict[str, Any]) -> None:
        self._switch(screen, options, is_active=True)

    def _switch(self, screen: Screen, options: dict[str, Any], *, is_active: bool) -> None:
        endpoint = endpoint_named(options["name"])
        state = "on" if is_active else "off"
        if not webhook_endpoints.switch(endpoint, is_active=is_active, now=timezone.now()):
            raise CommandError(f"{endpoint.name} is already {state}.")
        refused = "" if is_active else " Its webhooks are refused; senders will retry."
        screen.line(f"{endpoint.name} is {state}.{refused}")

    def _seal_anew(self, screen: Screen, _: dict[str, Any]) -> None:
        sealed = webhook_endpoints.seal_all_anew()
        screen.line(
            f"The secrets of {count(sealed, 'endpoint')} now use the current SECRET_KEY; "
            "SECRET_KEY_FALLBACKS is no longer needed for them."
        )
        if factors := second_factor.seal_all_anew():
            screen.line(f"So do those of {count(factors, 'second factor')}.")
        if connections := platform_credentials.seal_all_anew():
            screen.line(f"So do the credentials of {count(connections, 'connection')}.")
        if told := channels.seal_all_anew():
            screen.line(f"So do the addresses of {count(told, 'channel')}.")


def address(endpoint: WebhookEndpoint) -> str:
    return f"{site()}{webhook_endpoints.path(endpoint)}"


def endpoint_named(named: str) -> WebhookEndpoint:
    """The endpoint with this name or address.

    Raises:
        CommandError: there is none.
    """
    for endpoint in WebhookEndpoint.objects.all():
        if endpoint.name == named or named.rstrip("/").endswith(str(endpoint.address)):
            return endpoint
    raise CommandError(f'There is no endpoint "{printable(named)}". See: webhook list')
