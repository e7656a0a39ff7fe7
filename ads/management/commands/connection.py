"""``manage.py connection``: connects ad platforms, looks, tries, renews and disconnects."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Count, Min, Q
from django.utils import timezone

from ads.management.connections import by_browser, connection_named, entered
from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, count, instant, printable
from ads.models import Connection
from ads.platforms.interface import PlatformError
from ads.services import connections
from ads.services.connections import (
    Choice,
    ChoicesRefused,
    Fit,
    InvalidConnection,
    choices,
    connectors,
    fits,
    kinds,
    lifecycle,
    troubles,
    try_out,
)
from ads.services.senders import CannotUnseal
from ads.services.setup import ChangedMeanwhile, SetupRefused


class Command(PreparedCommand):
    help = (
        "Connects ad platforms. Secrets are asked for, or read from a file or standard input as a "
        "JSON object; they are never arguments."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="list all connections")
        what.add_parser("platforms", help="list the platforms, and the fields that each asks for")
        add = what.add_parser("add", help="connect a platform")
        add.add_argument("platform", help="such as google_ads; see: connection platforms")
        add.add_argument("name", help="a name that people will recognise")
        add.add_argument("--read-only", action="store_true", help="never switch campaigns there")
        renew = what.add_parser("renew", help="give a connection other credentials")
        look = what.add_parser("look", help="list its accounts and campaigns, and what fits")
        create = what.add_parser(
            "create", help="create brands, campaigns and platform IDs, and read the accounts"
        )
        attempt = what.add_parser("try", help="see what works; records and switches nothing")
        disconnect = what.add_parser("disconnect", help="forget its credentials")
        for named in (renew, look, create, attempt, disconnect):
            named.add_argument("name", help="the connection's name")
        for given in (add, renew):
            given.add_argument(
                "--from",
                dest="source",
                metavar="FILE",
                help="a JSON object of the credentials; - is standard input",
            )
            given.add_argument(
                "--browser",
                action="store_true",
                help="log in at the platform in a browser on this machine",
            )
        attempt.add_argument("--account", default="", help="its ID on the platform")
        create.add_argument(
            "--account",
            action="append",
            default=[],
            metavar="ID[=BRAND]",
            help="an account to read, and the brand of its new campaigns; repeatable. Default: "
            "all, as `look` proposes",
        )
        create.add_argument(
            "--without-budgets", action="store_true", help="leave new campaigns without budgets"
        )
        create.add_argument("--dry-run", action="store_true", help="preview only; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        try:
            with acting("connection"):
                getattr(self, f"_{options['what']}")(screen, options)
        except ChangedMeanwhile as error:
            raise CommandError("\n  ".join([str(error), *error.rows])) from error
        except (InvalidConnection, PlatformError, CannotUnseal, SetupRefused) as error:
            raise CommandError(printable(str(error))) from error

    def _list(self, screen: Screen, _: dict[str, Any]) -> None:
        read = Q(accounts__is_read=True)
        rows = Connection.objects.annotate(
            listed=Count("accounts"),
            read=Count("accounts", filter=read),
            oldest=Min("accounts__answered_at", filter=read),
        )
        if not rows:
            screen.line("There are no connections yet. Make one with: connection add")
            return
        screen.table(
            ["name", "platform", "state", "read only", "accounts read", "oldest answer", "ends"],
            (
                (
                    one.name,
                    one.platform,
                    one.get_state_display(),
                    "yes" if one.is_read_only else "no",
                    f"{one.read:,} of {one.listed:,}",
                    instant(one.oldest),
                    instant(one.expires_at),
                )
                for one in rows
            ),
        )
        for trouble in troubles(timezone.now()):
            screen.line(trouble.text, "red")

    def _platforms(self, screen: Screen, _: dict[str, Any]) -> None:
        screen.table(
            ["platform", "field", "", "what it is"],
            (
                (
                    kind.code,
                    one.name,
                    "required" if one.is_required else "optional",
                    f"{one.label}. {one.help_text}",
                )
                for kind in kinds.offered()
                for one in kind.credentials
            ),
        )
        for kind in kinds.offered():
            if kind.oauth:
                lacking = kinds.missing_settings(kind)
                needed = f": set {' and '.join(lacking)} first" if lacking else ""
                screen.line(f"{kind.code} can be connected with --browser{needed}.")

    def _add(self, screen: Screen, options: dict[str, Any]) -> None:
        kind = kinds.platform(options["platform"])
        lifecycle.check_name(options["name"])
        given, expires_at = self._credentials(kind, screen, options)
        made = lifecycle.add(
            platform=kind.code,
            name=options["name"],
            is_read_only=options["read_only"],
            given=given,
            expires_at=expires_at,
            now=timezone.now(),
        )
        screen.line(f"{made} is connected. See what it reaches: connection look {made.name!r}")

    def _renew(self, screen: Screen, options: dict[str, Any]) -> None:
        connection = connection_named(options["name"])
        kind = kinds.platform(connection.platform)
        given, expires_at = self._credentials(kind, screen, options)
        lifecycle.renew(connection, given=given, expires_at=expires_at, now=timezone.now())
        screen.line(f"The credentials of {connection} were renewed.")

    def _credentials(self, kind: Any, screen: Screen, options: dict[str, Any]) -> Any:
        if not options["browser"]:
            return entered(kind, options["source"]), None
        beside = {}
        if options["source"] is not None or kind.credentials[1:]:
            beside = entered(kind, options["source"], by_oauth=True)
        brought = by_browser(kind, screen, self.stdout)
        return {**beside, **brought.credentials}, brought.expires_at

    def _look(self, screen: Screen, options: dict[str, Any]) -> None:
        connection = connection_named(options["name"])
        looked = connections.look(connection, now=timezone.now())
        found = fits.fits(connection)
        proposed = {one.account: one for one in choices.proposed(found)}
        screen.table(
            ["account", "ID", "timezone", "currency", "campaigns", "known", "brand", ""],
            (_row(one, proposed[one.account.pk]) for one in found),
            right=["campaigns", "known"],
        )
        hours = connectors.gives_hours(connection)
        for one in found:
            for text in fits.troubles(one, one.brand, gives_hours=hours, now=timezone.now()):
                screen.line(f"{one.account}: {text}", "yellow")
        screen.line(
            f"{count(looked.accounts, 'account')}, {count(looked.campaigns, 'campaign')}. Nothing "
            f"was created: connection create {connection.name!r} does that."
        )

    def _create(self, screen: Screen, options: dict[str, Any]) -> None:
        connection = connection_named(options["name"])
        wanted = dict(_split(text) for text in options["account"])
        known = {one.pk: one.remote_id for one in choices.known_accounts(connection, wanted.keys())}
        chosen = [
            Choice(
                one.account,
                is_read=one.is_read if not wanted else one.account in known,
                brand=wanted.get(known.get(one.account, ""), "") or one.brand,
                with_budgets=not options["without_budgets"],
            )
            for one in choices.proposed(fits.fits(connection))
        ]
        hours = connectors.gives_hours(connection)
        now = timezone.now()
        try:
            found = choices.preview(connection, chosen, gives_hours=hours, now=now)
            screen.table(
                ["brand", "campaign", "", "column", "before", "after"],
                (
                    (brand, campaign, what, change.column, change.old, change.new)
                    for _, brand, campaign, what, change in found.plan.told()
                ),
            )
            for note in found.plan.notes:
                screen.line(f"Note: {note}", "yellow")
            read = sum(one.is_read for one in chosen)
            screen.line(f"{count(read, 'account')} read from then on.")
            if options["dry_run"]:
                screen.line("Preview: nothing was changed.", "bold")
                return
            done = choices.apply(
                connection, chosen, seen=found.plan.digests(), gives_hours=hours, now=now
            )
        except ChoicesRefused as error:
            names = {one.pk: str(one) for one in connection.accounts.all()}
            for pk, reasons in error.reasons.items():
                for reason in reasons:
                    screen.line(f"  {names.get(pk, '')}: {reason}")
            raise CommandError("Nothing was created.") from error
        counts = done.counts
        screen.line(
            f"Created: {count(counts['brands_new'], 'brand')}, "
            f"{count(counts['campaigns_new'], 'campaign')}; {counts['campaigns_changed']:,} got "
            "platform IDs.",
            "bold",
        )

    def _try(self, screen: Screen, options: dict[str, Any]) -> None:
        connection = connection_named(options["name"])
        tried = try_out(connection, account=options["account"], now=timezone.now())
        words = {True: "works", False: "does not work", None: "not tried"}
        screen.table(
            ["what", "", "seen", "took"],
            ((step.what, words[step.is_good], step.text, _took(step.took)) for step in tried.steps),
            right=["took"],
        )
        if not tried.is_good:
            raise CommandError("Something does not work; nothing was recorded or switched.")
        screen.line("Nothing was recorded or switched.")

    def _disconnect(self, screen: Screen, options: dict[str, Any]) -> None:
        connection = connection_named(options["name"])
        ended = lifecycle.disconnect(connection, now=timezone.now())
        screen.line(
            f"{connection} is disconnected: {count(ended.accounts, 'account')} no longer read. "
            "What was recorded stays, and so do campaigns on the platform."
        )
        if ended.left:
            screen.line(ended.left)


def _split(text: str) -> tuple[str, str]:
    """ "123=Acme": the account and the brand."""
    account, _, brand = text.partition("=")
    return account.strip(), brand.strip()


def _row(fit: Fit, proposed: Choice) -> tuple[object, ...]:
    account = fit.account
    why = f"{fit.brand} {fit.why}" if fit.brand else "new brand"
    return (
        account.name,
        account.remote_id,
        account.timezone,
        account.currency,
        len(fit.campaigns),
        len(fit.known),
        proposed.brand,
        why if proposed.is_read else "not read",
    )


def _took(length: timedelta) -> str:
    return f"{length.total_seconds():.1f} s"
