"""Makes an empty database ready for use: tables, an administrator, sample data."""

import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command

from budget_manager.bundled import files

ADMIN = "admin"


def bootstrap(base_dir: Path, *, seed: bool) -> str:
    """Migrate, create the administrator if there is none, seed an empty database if asked.

    Safe to run again. Returns a sentence that says how to log in.
    """
    from ads.models import Brand

    call_command("migrate", interactive=False, verbosity=0)
    login = ensure_admin(base_dir)
    if seed and not Brand.objects.exists():
        call_command("seed_data")
    return login


def ensure_admin(base_dir: Path) -> str:
    """Create the superuser `admin` with ADMIN_PASSWORD, or a random password kept in .local/."""
    users = get_user_model().objects
    kept = files.local_dir(base_dir) / "admin-password"
    admin = users.filter(username=ADMIN).first()
    if admin is None:
        password = os.environ.get("ADMIN_PASSWORD") or secrets.token_urlsafe(12)
        users.create_superuser(ADMIN, password=password)
        files.write(kept, f"{password}\n")
    else:
        password = kept.read_text().strip() if kept.exists() else ""
        if not password or not admin.check_password(password):
            return f"{ADMIN}, with the password you gave it (./manage.py changepassword {ADMIN})"
    return f"{ADMIN} / {password}   (kept in {kept.relative_to(base_dir)})"
