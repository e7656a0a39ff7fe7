#!/bin/sh
# pytest-django 4.14.0 with Django 5.2.19: once the static files app is customized as Django documents
# it (an AppConfig that inherits from StaticFilesConfig, to change `ignore_patterns`), `live_server`
# serves no static file.
#
# Expected: the same files as before; Django's own code asks the app registry, in which the app has its
# usual name and label.
# Seen: 404 for each. The fixture looks for the text "django.contrib.staticfiles" in INSTALLED_APPS,
# where the path of the AppConfig stands instead, and so only STATIC_ROOT is served, which is empty in
# tests. Nothing is said; browser tests meet bare pages.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q Django==5.2.19 pytest==9.2.0 pytest-django==4.14.0

mkdir static
echo "body {}" >static/page.css
cat >configs.py <<'PY'
from django.contrib.staticfiles.apps import StaticFilesConfig


class Customized(StaticFilesConfig):
    ignore_patterns = ["*.map"]
PY
cat >site_settings.py <<'PY'
import os

SECRET_KEY = "demo"
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = [os.environ["STATIC_APP"]]
STATIC_URL = "/static/"
STATIC_ROOT = "collected"
STATICFILES_DIRS = ["static"]
ALLOWED_HOSTS = ["*"]
PY
echo "urlpatterns = []" >site_urls.py
cat >test_static.py <<'PY'
import urllib.error
import urllib.request

from django.apps import apps


def test_status(live_server):
    assert apps.is_installed("django.contrib.staticfiles")
    try:
        status = urllib.request.urlopen(f"{live_server}/static/page.css").status
    except urllib.error.HTTPError as error:
        status = error.code
    print("STATUS", status)
PY

status() {
    STATIC_APP=$1 venv/bin/python -m pytest -q -s --ds=site_settings test_static.py | grep -o "STATUS [0-9]*"
}
usual=$(status django.contrib.staticfiles)
customized=$(status configs.Customized)
echo "django.contrib.staticfiles: $usual; configs.Customized: $customized"
[ "$usual" = "STATUS 200" ]
[ "$customized" = "STATUS 404" ]
