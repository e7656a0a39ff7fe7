#!/bin/sh
# django-ninja 1.7.1 (Django 5.2.19, pydantic 2.14.3): `examples` of a path parameter, which pydantic
# takes as a list, make an OpenAPI document that is not valid.
#
# Expected: they are part of the parameter's schema, where JSON Schema has a list of examples; a
# document that calls itself 3.1.0 is valid.
# Seen: they are there, and copied to the parameter object too, where OpenAPI 3.1 wants a map of
# Example Objects. openapi-spec-validator 0.9.0 refuses the document, openapi-python-client 0.29.1
# generates nothing from it, though nothing in Python or in Ninja's own page of documentation fails.
# `json_schema_extra={"example": 42}` instead is copied to `example`, which may be any value.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q django-ninja==1.7.1 Django==5.2.19 pydantic==2.14.3 \
    openapi-spec-validator==0.9.0 openapi-python-client==0.29.1

cat >document.py <<'PY'
import json
from typing import Annotated

import django
from django.conf import settings

settings.configure(ROOT_URLCONF=__name__, INSTALLED_APPS=["ninja"])
django.setup()

from django.urls import path
from ninja import NinjaAPI, Path
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import Field

api = NinjaAPI()


@api.get("/brands/{brand}")
def brand(request, brand: Path[Annotated[int, Field(examples=[42])]]) -> int:
    return brand


@api.get("/campaigns/{campaign}")
def campaign(request, campaign: Path[Annotated[int, Field(json_schema_extra={"example": 42})]]) -> int:
    return campaign


urlpatterns = [path("api/", api.urls)]
document = json.loads(json.dumps(api.get_openapi_schema()))
json.dump(document, open("openapi.json", "w"))
print("openapi", document["openapi"])
for where in document["paths"].values():
    (parameter,) = where["get"]["parameters"]
    print(json.dumps(parameter))
wrong = {
    error.absolute_path[1]: error.message
    for error in OpenAPIV31SpecValidator(document).iter_errors()
    if error.absolute_path[-1] == "examples"
}
print("refused:", wrong)
assert list(wrong) == ["/api/brands/{brand}"], wrong
PY
venv/bin/python document.py

set +e
venv/bin/openapi-python-client generate --path openapi.json --meta none >client.log 2>&1
status=$?
set -e
grep -m2 -A1 "examples" client.log
[ "$status" = 1 ]
grep -q "Input should be a valid dictionary" client.log
echo "As described."
