#!/bin/sh
# django-unfold 0.91.0: whenever somebody opens the page of a row, the theme sets the process-wide
# `django.contrib.admin.views.main.IGNORED_PARAMS` back to Django's own value (for its "datasets",
# also where an admin has none).
#
# Expected: parameters that an application adds there, so that its lists do not take them for filters,
# stay there until the process ends; what a page needs for itself stays on that page.
# Seen: lists take such parameters until the first row's page is opened in that process, and from then on answer
# "?e=1", an invalid filter. Which of several processes answers decides. With a dataset it is the
# other way round: its parameters are ignored by every list of the process.
# Instead: override `ChangeList.get_filters_params`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q django==5.2.19 django-unfold==0.91.0

cat >demo.py <<'PY'
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x",
    ROOT_URLCONF="demo_urls",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[
        "unfold", "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ]},
    }],
    STATIC_URL="/static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
import sys
import types

from django.contrib import admin
from django.contrib.admin.views import main
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import path
from unfold.admin import ModelAdmin

main.IGNORED_PARAMS = (*main.IGNORED_PARAMS, "columns")
admin.site.unregister(Group)
admin.site.register(Group, ModelAdmin)
urls = types.ModuleType("demo_urls")
urls.urlpatterns = [path("admin/", admin.site.urls)]
sys.modules["demo_urls"] = urls
call_command("migrate", verbosity=0)
group = Group.objects.create(name="Team")
browser = Client()
browser.force_login(User.objects.create_superuser("olivia"))

address = "/admin/auth/group/?columns=name"
before = browser.get(address)
page = browser.get(f"/admin/auth/group/{group.pk}/change/")
after = browser.get(address)
print("list:", before.status_code, "page of a row:", page.status_code)
print("the same list again:", after.status_code, after.headers.get("Location"))
assert (before.status_code, page.status_code, after.status_code) == (200, 200, 302)
assert after.headers["Location"] == "/admin/auth/group/?e=1"
assert "columns" not in main.IGNORED_PARAMS
PY
venv/bin/python demo.py
echo "As described: a list takes a parameter until the page of a row has been opened."
