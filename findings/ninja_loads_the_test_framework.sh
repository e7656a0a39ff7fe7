#!/bin/sh
# django-ninja 1.7.1 with Django 5.2.19: importing it loads Django's test framework into every
# production process: the test client, the live server, unittest, http.server.
#
# Expected: what answers requests needs nothing of django.test.
# Seen: ninja/conf.py takes `setting_changed` from django.test.signals. The signal lives in
# django.core.signals, and django.test.signals is part of a package that imports all of the framework.
# Most of what `import ninja.conf` loads beyond Django and pydantic comes with it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q django-ninja==1.7.1 Django==5.2.19

cat >loaded.py <<'PY'
import sys

import django
import pydantic
from django.conf import settings

settings.configure()
django.setup()
assert pydantic.BaseModel
assert not [name for name in sys.modules if name.startswith("django.test")]
before = set(sys.modules)
from django.core.signals import setting_changed

of_signal = set(sys.modules) - before
import ninja.conf

assert ninja.conf.setting_changed is setting_changed
others = {name for name in set(sys.modules) - before if not name.startswith("ninja")}
print(f"modules for the signal: {len(of_signal)}; for ninja.conf, without Ninja's: {len(others)}, with",
      *sorted(others & {"django.test.client", "django.core.servers.basehttp", "http.server", "unittest"}))
PY
said=$(venv/bin/python loaded.py)
echo "$said"
case $said in
"modules for the signal: 0;"*"with django.core.servers.basehttp django.test.client http.server unittest") ;;
*) exit 1 ;;
esac
