"""Makes an empty database ready for use: tables, an administrator, sample data."""

import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command

from budget_manager.bundled import files

ADMIN = "admin"

#: Days of sample spend: the whole of the last month, for its report, and the present one.
SPEND_DAYS = 62


def bootstrap(base_dir: Path, *, seed: bool) -> None:
    """Migrate, create the administrator if there is none, seed an empty database if asked.

    Safe to run again.
    """
    from ads.models import Brand

    call_command("migrate", interactive=False, verbosity=0)
    ensure_admin(base_dir)
    if seed and not Brand.objects.exists():
        call_command("seed_data", spend_days=SPEND_DAYS)
        local_mailbox()


def local_mailbox() -> None:
    """Have the alerts of the sample data sent as mail, which stays in the console.

    Not where there is a mail server, which would send it to a stranger.
    """
    from django.conf import settings

    from ads.models import AlertRule, Channel
    from ads.services.alerts import channels

    if settings.PRODUCTION or settings.MAIL_SERVER or Channel.objects.exists():
        return
    channel, _ = channels.create(name="Local mailbox", way="mail", address="team@example.com")
    for rule in AlertRule.objects.all():
        rule.channels.add(channel)


def ensure_admin(base_dir: Path) -> None:
    """Create the superuser `admin` with ADMIN_PASSWORD, or a random password kept in .local/."""
    users = get_user_model().objects
    if not users.filter(username=ADMIN).exists():
        password = os.environ.get("ADMIN_PASSWORD") or secrets.token_urlsafe(12)
        users.create_superuser(ADMIN, password=password)
        files.write(kept_password(base_dir), f"{password}\n")


def login(base_dir: Path) -> str:
    """A sentence that says how to log in. Checking the password takes a quarter of a second."""
    admin = get_user_model().objects.filter(username=ADMIN).first()
    kept = kept_password(base_dir)
    password = kept.read_text().strip() if kept.exists() else ""
    if not password or admin is None or not admin.check_password(password):
        return f"{ADMIN}, with the password you gave it (./manage.py changepassword {ADMIN})"
    return f"{ADMIN} / {password}   (kept in {kept.relative_to(base_dir)})"


def kept_password(base_dir: Path) -> Path:
    return files.local_dir(base_dir) / "admin-password"
