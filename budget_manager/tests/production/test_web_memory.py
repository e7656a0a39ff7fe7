"""The processes of web share what was loaded before they were forked."""

import os
import subprocess
import sys

import psutil
from django.conf import settings
from django.db import connection

from ads.tests.own_redis import free_port
from budget_manager.start import serves
from budget_manager.tests.support import wait_for


def test_each_process_of_web_has_little_of_its_own() -> None:
    port = free_port()
    environment = {
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(
            **connection.settings_dict
        ),
        "REDIS_URL": settings.REDIS_URL,
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "2",
        "ACCESS_LOG": os.devnull,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "budget_manager.wsgi"],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            web = psutil.Process(process.pid)
            assert wait_for(lambda: serves(port) and len(web.children()) == 2, 60)
            taken = [child.memory_full_info() for child in web.children()]
        finally:
            process.terminate()
    # If each loads everything itself, three quarters of it are its own.
    assert max(each.uss / each.rss for each in taken) < 1 / 2
