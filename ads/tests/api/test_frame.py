"""The frame around every request: problems, request ids, keys, limits."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone

from ads.api import keys
from ads.models import ApiKey
from ads.services.actor import current_actor
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory
from ads.tests.log_lines import logged

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return Program(key_for())


def test_a_good_key_is_admitted_and_shown_its_permissions() -> None:
    brand = BrandFactory.create()
    key = key_for(scopes=("read",), brands=(brand,), requests_per_minute=7)

    answer = Program(key).get("/key")

    assert answer.status_code == 200
    assert answer.json() == {
        "name": "ETL",
        "source": "etl",
        "scopes": ["read"],
        "brands": [brand.pk],
        "requests_per_minute": 7,
    }


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "No key was sent"),
        ("Basic b2xpdmlhOnNlY3JldA==", "does not use the Bearer scheme"),
        ("Bearer", "not a key of this system"),
        ("Bearer bm_wrong", "not a key of this system"),
        ("Bearer bm_\u00e9\u0000", "not a key of this system"),
    ],
)
def test_without_a_good_key_nobody_is_let_in(header: str | None, said: str) -> None:
    answer = Program(headers={"Authorization": header} if header else {}).get("/key")

    assert said in problem(answer, 401, "no-key")["detail"]
    assert answer["WWW-Authenticate"].startswith('Bearer realm="Budget Manager"')
    assert "RateLimit" not in answer


def test_the_holder_of_an_expired_or_revoked_key_learns_it() -> None:
    key = key_for()
    ApiKey.objects.update(expires_at=timezone.now())
    expired = problem(Program(key).get("/key"), 401, "no-key")
    ApiKey.objects.update(revoked_at=timezone.now())
    revoked = problem(Program(key).get("/key"), 401, "no-key")

    assert "expired" in expired["detail"]
    assert "revoked" in revoked["detail"]


def test_without_its_secret_a_revoked_key_is_an_unknown_one() -> None:
    key = key_for()
    ApiKey.objects.update(revoked_at=timezone.now())
    guessed = key[:-1] + ("a" if key[-1] != "a" else "b")

    answer = problem(Program(guessed).get("/key"), 401, "no-key")

    unknown = problem(Program("bm_nobody").get("/key"), 401, "no-key")
    assert answer["detail"] == unknown["detail"]


@pytest.mark.parametrize("path", ["/nowhere", "/", "/key/", "/key/\x00", "/%ff", "/spend"])
def test_an_unknown_address_is_a_problem_too(program: Program, path: str) -> None:
    problem(program.get(path), 404, "not-found")


@pytest.mark.parametrize("path", ["/api/", "/api/v2/key"])
def test_so_is_one_outside_of_this_version(path: str) -> None:
    problem(Client().get(path), 404, "not-found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_another_method_is_refused_with_those_allowed(program: Program, method: str) -> None:
    call = getattr(program.client, method)

    answer = call("/api/v1/key", headers=program.headers)

    problem(answer, 405, "wrong-method")
    assert answer["Allow"] == "GET"


def test_a_foreign_host_name_is_refused(program: Program) -> None:
    answer = program.get("/key", {"Host": "evil.example"})

    assert "ALLOWED_HOSTS" in problem(answer, 400, "malformed")["detail"]


def test_an_answer_says_how_long_it_is(program: Program) -> None:
    for answer in (program.get("/key"), program.get("/nowhere")):
        assert int(answer["Content-Length"]) == len(answer.content) > 0


def test_no_cookie_is_asked_for_or_set(program: Program) -> None:
    answer = program.get("/key", {"Cookie": "sessionid=anything"})

    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.parametrize("offered", ["a", "4f/7:x-Y_z", "~" * 128])
def test_the_callers_request_id_comes_back(program: Program, offered: str) -> None:
    answer = program.get("/key", {"X-Request-ID": offered})

    assert answer["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", ["", "two words", "~" * 129, "é", "line\nbreak", "\x7f"])
def test_one_that_is_not_sane_gets_another(program: Program, offered: str) -> None:
    answer = program.get("/key", {"X-Request-ID": offered})

    assert len(answer["X-Request-ID"]) == 32
    assert answer["X-Request-ID"].isalnum()


def test_each_request_without_an_id_gets_its_own(program: Program) -> None:
    assert program.get("/key")["X-Request-ID"] != program.get("/key")["X-Request-ID"]


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Let the endpoint of the key fail within; the actors it was called as."""
    actors: list[str] = []

    def fail(_caller: Any) -> int:
        actors.append(current_actor())
        raise error

    monkeypatch.setattr(keys, "quota_of", fail)
    return actors


def test_a_failure_shows_nothing_of_the_inside_and_is_logged_with_the_request(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, RuntimeError("the inside is 42"))

    with logged() as log:
        answer = program.get("/key", {"X-Request-ID": "seven"})

    problem(answer, 500, "failed")
    assert b"inside" not in answer.content
    line = log.only("A request failed")
    assert (line["level"], line["logger"]) == ("error", "ads.api.frame.failures")
    assert (line["request_id"], line["actor"]) == ("seven", "key: ETL")
    assert line["exception"].endswith("RuntimeError: the inside is 42")


@override_settings(DEBUG=True)
def test_nor_does_it_in_development(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, RuntimeError("the secret is 42"))

    answer = program.get("/key")

    problem(answer, 500, "failed")
    assert b"secret" not in answer.content


def test_a_database_in_trouble_is_a_problem_that_passes(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, OperationalError("server closed the connection"))

    answer = program.get("/key")

    content = problem(answer, 503, "unavailable")
    assert "server closed" not in json.dumps(content)
    assert int(answer["Retry-After"]) > 0


def test_what_a_key_does_is_done_under_its_name(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    actors = fail_with(monkeypatch, RuntimeError())

    program.get("/key")

    assert actors == ["key: ETL"]
    assert current_actor() == "system"


def test_the_pages_load_nothing_from_another_host() -> None:
    page = Client().get("/api/v1/docs").content.decode()

    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page
    assert '"validatorUrl": null' in page


def test_every_kind_of_problem_is_on_the_page_that_its_type_leads_to(program: Program) -> None:
    page = Client().get("/api/v1/problems").content.decode()

    content = problem(program.get("/nowhere"), 404, "not-found")

    path, _, anchor = content["type"].partition("#")
    assert path == "/api/v1/problems"
    assert f'id="{anchor}"' in page


def test_every_operation_documents_the_problems_that_all_share() -> None:
    document = Client().get("/api/v1/openapi.json").json()

    for path in document["paths"].values():
        for operation in path.values():
            assert {"400", "500", "503"} <= operation["responses"].keys()
            if "security" in operation:
                assert {"401", "403", "429"} <= operation["responses"].keys()
