"""``manage.py ledger_role``: a database role that may only add to the ledger."""

import getpass
import os
import sys
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen
from ads.services.operations import LedgerRoleError, ledger_role

PASSWORD: Final = "LEDGER_ROLE_PASSWORD"  # noqa: S105  (the name of a variable)


class Command(PreparedCommand):
    help = (
        "Creates a database role for a program that writes spend straight into the ledger: it may "
        "connect and insert into that one table, nothing else. An existing role is granted these "
        f"rights. The password of a new one is read from {PASSWORD}, or asked for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name of the role, such as etl")
        parser.add_argument(
            "--no-login",
            action="store_true",
            help="create a group role, without password, for logins of your own",
        )
        parser.add_argument(
            "--drop", action="store_true", help="revoke its rights and drop the role"
        )
        parser.add_argument(
            "--sql",
            action="store_true",
            help="only print the SQL, for a database administrator to run",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        name = options["name"]
        login = not options["no_login"]
        try:
            if options["sql"]:
                drop, make = ledger_role.drop_statements, ledger_role.statements
                for line in drop(name) if options["drop"] else make(name, login=login):
                    screen.line(line)
            elif options["drop"]:
                ledger_role.drop(name)
                screen.line(f'The role "{name}" and its rights are gone; its spend stays.')
            else:
                _grant(screen, name, login=login)
        except LedgerRoleError as error:
            raise CommandError(str(error)) from error


def _grant(screen: Screen, name: str, *, login: bool) -> None:
    new = not ledger_role.exists(name)
    made = ledger_role.grant(name, password=_password() if new and login else None, login=login)
    screen.line(
        f'The role "{name}" {"was created and " if made else ""}may insert into ads_spend '
        f"({', '.join(ledger_role.COLUMNS)})."
    )
    screen.line(f"Address: {ledger_role.address(name)}")
    if not made and PASSWORD in os.environ:
        screen.line(
            f"It keeps its password: {PASSWORD} was not used. Change it by \\password in psql.",
            "yellow",
        )
    more = ledger_role.extra_rights(name)
    if more:
        screen.line(f"It may also: {', '.join(more)}. Revoke what it does not need.", "yellow")


def _password() -> str:
    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise CommandError(
                f"A role that logs in needs a password: set {PASSWORD}, or run this in a "
                "terminal, which asks for it. For a role without one: --no-login."
            )
        password = getpass.getpass("Password of the new role: ")
        if getpass.getpass("The same again: ") != password:
            raise CommandError("The passwords differ. Nothing was changed.")
    if not password:
        raise CommandError("The password must not be empty. Nothing was changed.")
    return password
