"""The settings, of which tests see nothing that whoever runs them has set but the servers.

What a person or a machine has exported, or has in ``.env``, changes no result.
"""

import os
import re
from pathlib import Path
from unittest.mock import patch

import environ

SERVERS = {"DATABASE_URL", "REDIS_URL"}

#: Variables that libraries read besides the project's own: PostgreSQL's client, Celery, Gunicorn,
#: Django, Rich.
OTHERS = re.compile(r"(PG|CELERY_|FLOWER_|GUNICORN_|DJANGO_)\w+|COLUMNS|LINES|(NO|FORCE)_COLOR")

ROOT = Path(__file__).resolve().parents[2]
ours = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
if (ROOT / ".env").exists():
    environ.Env.read_env(str(ROOT / ".env"))
for name in [name for name in os.environ if name in ours or OTHERS.fullmatch(name)]:
    if name not in SERVERS:
        del os.environ[name]

with patch.object(environ.Env, "read_env"):
    from budget_manager.settings import *  # noqa: F403

# A password is slow to hash so that it is slow to guess, and nobody guesses those of tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Tests set the clock; those of the comparison itself switch it on.
CLOCK_TOLERANCE = 0

# Tests hold locks on purpose, on a loaded machine for long.
LOCK_TIMEOUT = 20
DATABASE_SESSION["lock_timeout"] = f"{LOCK_TIMEOUT}s"  # noqa: F405

# What tests start is a process like any other.
os.environ["DJANGO_SETTINGS_MODULE"] = "budget_manager.settings"
