#!/bin/sh
# pytest 9.2.0 with pytest-django 4.14.0 and Django 5.2.19: a transactional test that uses a module's
# fixture with parameters runs before tests of later modules that are rolled back, although
# pytest-django puts all transactional tests after those.
#
# Expected: pytest-django's documented order (that of Django's own runner) in every case, so that what
# a data migration has made is there until the first transactional test, which empties the database.
# Seen: pytest brings the tests for each parameter together after pytest-django has sorted them. The
# transactional test comes with the others of its module, and tests of later modules miss the rows
# of migrations. With a fixture without parameters the order is right. With pytest-xdist only those
# tests fail that run in the same process, so that it looks like chance.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q Django==5.2.19 pytest==9.2.0 pytest-django==4.14.0

mkdir -p shop/migrations
touch shop/__init__.py shop/migrations/__init__.py
cat >shop/models.py <<'PY'
from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=20)
PY
cat >shop/migrations/0001_initial.py <<'PY'
from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("shop", "Country").objects.create(name="Norway")


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Country",
            [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=20))],
        ),
        migrations.RunPython(fill),
    ]
PY
cat >site_settings.py <<'PY'
SECRET_KEY = "demo"
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PY
cat >test_first.py <<'PY'
import os

import pytest


@pytest.fixture(scope="module", params=["a", "b"] if "PARAMETERS" in os.environ else None)
def server():
    return "server"


@pytest.mark.django_db
def test_rolled_back(server):
    pass


@pytest.mark.django_db(transaction=True)
def test_transactional(server):
    pass
PY
cat >test_later.py <<'PY'
import pytest

from shop.models import Country


@pytest.mark.django_db
def test_country():
    assert Country.objects.get().name == "Norway"
PY

run() {
    venv/bin/python -m pytest -v --tb=line --ds=site_settings -p no:cacheprovider |
        grep -o "test_[a-z_]*\(\[[ab]\]\)\? \(PASSED\|FAILED\)"
}
without=$(run | tr '\n' ';')
with=$(PARAMETERS=1 run | tr '\n' ';')
echo "without parameters: $without"
echo "with parameters: $with"
[ "$without" = "test_rolled_back PASSED;test_country PASSED;test_transactional PASSED;" ]
case $with in
*"test_transactional[b] PASSED;test_country FAILED;") ;;
*) exit 1 ;;
esac
