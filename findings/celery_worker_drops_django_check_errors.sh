#!/bin/sh
# Celery 5.7.0 with Django 5.2.19: a worker runs Django's system checks when it starts, but drops
# what they find. An Error neither stops the worker nor is printed, with any level of logging.
#
# Expected: as `manage.py migrate` and `runserver` do, refuse to start with the check's message. That
# CELERY_SKIP_CHECKS exists "to skip the checks" strengthens the expectation.
# Seen: `manage.py check` ends with 1 and names demo.E001; the worker becomes ready and its log has
# no word of it. `run_checks()` returns the messages, and its caller ignores them.
# So a project whose workers must not run with a wrong setting calls its check itself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q celery==5.7.0 Django==5.2.19

cat >settings.py <<'PY'
SECRET_KEY = "demo"
INSTALLED_APPS = ["demo"]
USE_TZ = True
PY
mkdir demo
cat >demo/__init__.py <<'PY'
PY
cat >demo/apps.py <<'PY'
from django.apps import AppConfig
from django.core.checks import Error, register


@register()
def refuse(app_configs, **kwargs):
    print("the check ran", flush=True)
    return [Error("this must not start", id="demo.E001")]


class DemoConfig(AppConfig):
    name = "demo"
PY
cat >project.py <<'PY'
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from celery import Celery

app = Celery("project", broker="memory://")
app.config_from_object("django.conf:settings", namespace="CELERY")
PY

echo "== manage.py check"
set +e
DJANGO_SETTINGS_MODULE=settings venv/bin/python -m django check >check.log 2>&1
status=$?
set -e
cat check.log
[ "$status" = 1 ]
grep -q demo.E001 check.log

echo "== worker"
venv/bin/celery -A project worker -P solo -l DEBUG >worker.log 2>&1 &
worker=$!
for _ in $(seq 60); do
    if grep -q "ready\." worker.log || ! kill -0 "$worker" 2>/dev/null; then break; fi
    sleep 0.5
done
kill "$worker" 2>/dev/null || true
wait "$worker" || true
grep -E "the check ran|ready\." worker.log
grep -q "the check ran" worker.log
grep -q "ready\." worker.log
! grep -qE "demo.E001|must not start" worker.log
echo "As described: the check ran, its error was dropped, and the worker became ready."
