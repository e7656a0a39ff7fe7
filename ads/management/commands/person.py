"""``manage.py person``: unlock people, and reset their second factor, from the server."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_ipv46_address
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, count
from ads.models.access import SignInKind
from ads.services.people import second_factor, sign_ins


class Command(PreparedCommand):
    help = "Unlocks people who may not log in, and resets their second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        unlock = what.add_parser("unlock", help="let failed logins no longer count")
        unlock.add_argument("username", nargs="?", default="", help="of a user")
        unlock.add_argument("--address", default="", help="from an IP address")
        reset = what.add_parser(
            "reset-second-factor", help="turn the second factor off, for a lost phone"
        )
        reset.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("person"):
            if options["what"] == "unlock":
                _unlock(screen, options["username"], options["address"])
            else:
                _reset(screen, _user(options["username"]))


def _unlock(screen: Screen, username: str, address: str) -> None:
    if not (username or address):
        raise CommandError("Name a user, or an address with --address.")
    if address:
        try:
            validate_ipv46_address(address)
        except ValidationError as error:
            raise CommandError(f"--address: {address!r} is not an IP address.") from error
    if username:
        _user(username)
    failures = sign_ins.unlock(timezone.now(), username=username, address=address)
    verb = "counts" if failures == 1 else "count"
    screen.line(f"Unlocked: {count(failures, 'failed login')} no longer {verb}.")


def _reset(screen: Screen, user: User) -> None:
    if not second_factor.remove(user):
        raise CommandError(f"{user.get_username()} has no second factor.")
    sign_ins.note(SignInKind.FACTOR_RESET, user.get_username(), "", timezone.now())
    screen.line(
        f"{user.get_username()} now logs in with the password alone, and can set up a second "
        "factor anew."
    )


def _user(username: str) -> User:
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no user {username!r}.") from error
