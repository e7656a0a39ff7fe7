"""Imports run downward only, and a package is imported through its door, its ``__init__``."""

import ast
import functools
import re
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ADS = Path(__file__).resolve().parent.parent
ROOT = ADS.parent

LAYERS = {
    "rules": 0,
    "models": 1,
    "holds": 2,
    "platforms": 2,
    "services": 3,
    "admin": 4,
    "api": 4,
    "checks": 4,
    "management": 4,
    "middleware": 4,
    "monitoring": 4,
    "signals": 4,
    "tasks": 4,
}
FACES = {name for name, level in LAYERS.items() if level == LAYERS["admin"]}


@functools.cache
def modules() -> list[Path]:
    """Every module of the application that belongs to a layer."""
    return sorted(path for path in ADS.rglob("*.py") if layer_of(path) in LAYERS)


def layer_of(path: Path) -> str:
    """The layer a module belongs to: the first part of its path below ``ads``."""
    return path.relative_to(ADS).parts[0].removesuffix(".py")


@functools.cache
def nodes(source: str) -> list[ast.AST]:
    """What the source consists of; several checks ask for it."""
    return list(ast.walk(ast.parse(source)))


def imported_layers(path: Path) -> set[str]:
    """The layers of ``ads`` that a module imports, also inside functions."""
    found = set()
    for node in nodes(path.read_text()):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "ads":
            names = [f"ads.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("ads.")}
    return found & LAYERS.keys()


def violations(layer: str, imported: set[str]) -> set[str]:
    """What a module of ``layer`` must not import."""
    own = LAYERS[layer]
    return {
        other
        for other in imported - {layer}
        if LAYERS[other] > own or (LAYERS[other] == own and own >= LAYERS["holds"])
    }


def test_a_module_imports_only_layers_below_its_own() -> None:
    assert modules()
    assert {
        path: found
        for path in modules()
        if (found := violations(layer_of(path), imported_layers(path)))
    } == {}


def test_the_check_sees_an_upward_import_and_one_between_faces() -> None:
    assert violations("models", {"services", "rules"}) == {"services"}
    assert violations("admin", {"tasks", "services"}) == {"tasks"}


def test_rules_know_nothing_of_django_and_never_read_the_clock() -> None:
    for path in (ADS / "rules").glob("*.py"):
        source = path.read_text()
        assert "django" not in source, path
        assert not reads_the_clock(source), path


CLOCKS = {"timezone": {"now"}, "datetime": {"now", "utcnow", "today"}, "date": {"today"}}


def reads_the_clock(source: str) -> bool:
    """Whether the source reads what time it is, or hands on something that does."""
    for node in nodes(source):
        if isinstance(node, ast.Attribute):
            owner = getattr(node.value, "attr", None) or getattr(node.value, "id", None)
            names = {node.attr}
        elif isinstance(node, ast.ImportFrom):
            owner = (node.module or "").rpartition(".")[2]
            names = {alias.name for alias in node.names}
        else:
            continue
        if names & CLOCKS.get(owner or "", set()):
            return True
    return False


def test_nothing_below_the_edges_reads_the_clock() -> None:
    below = [path for path in modules() if LAYERS[layer_of(path)] <= LAYERS["services"]]
    readers = {str(path.relative_to(ADS)) for path in below if reads_the_clock(path.read_text())}
    assert readers == {"services/api.py"}


def test_nothing_below_the_faces_looks_an_address_up_which_loads_every_page() -> None:
    below = [path for path in modules() if LAYERS[layer_of(path)] <= LAYERS["services"]]
    assert [path for path in below if "django.urls" in path.read_text()] == []


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("timezone.now()", True),
        ("models.DateTimeField(default=timezone.now)", True),
        ("dt.datetime.now(dt.UTC)", True),
        ("list(map(date.today, []))", True),
        ("from django.utils.timezone import now as clock", True),
        ("from django.utils import timezone", False),
        ("now = moment.now", False),
        ("from django.db.models.functions import Now", False),
    ],
)
def test_the_check_sees_a_clock_that_is_read_or_handed_on(source: str, reads: bool) -> None:
    assert reads_the_clock(source) is reads


def test_only_enforcement_switches_campaigns() -> None:
    writes = re.compile(r"update\([^)]*\bis_active=|\.is_active = |SET is_active\b")
    writers = {str(path.relative_to(ADS)) for path in modules() if writes.search(path.read_text())}
    # Webhook endpoints are switched off and on, too, by people.
    assert writers == {
        "services/delivery/decision.py",
        "services/senders/webhook_endpoints.py",
    }


#: Layers whose packages each have one door; these layers themselves are only folders.
FOLDERS = ("services", "admin", "api", "models")
WITH_DOORS = ("holds", *FOLDERS)


@functools.cache
def packages() -> list[Path]:
    """Every package of the layers with doors, nested ones too."""
    found = [path.parent for layer in WITH_DOORS for path in (ADS / layer).rglob("__init__.py")]
    return sorted(path for path in found if path.relative_to(ADS).as_posix() not in FOLDERS)


@functools.cache
def doors() -> dict[str, Path]:
    """Every package by the name that it is imported by."""
    return {"ads." + ".".join(path.relative_to(ADS).parts): path for path in packages()}


def past_the_door(path: Path, source: str) -> set[str]:
    """What a module imports from packages that it is not in, and that their doors do not offer."""
    found = set()
    for node in nodes(source):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            for end in range(1, len(parts)):
                package = doors().get(".".join(parts[:end]))
                if not package or path.is_relative_to(package):
                    continue
                if ".".join(parts[end:]) not in offers(package):
                    found.add(name)
    return found


@functools.cache
def offers(package: Path) -> set[str]:
    """The names that a package's door imports or defines."""
    names = set()
    for node in ast.parse((package / "__init__.py").read_text()).body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_a_package_is_imported_through_its_door() -> None:
    assert {
        path: found for path in modules() if (found := past_the_door(path, path.read_text()))
    } == {}


def test_the_check_sees_an_import_past_a_door() -> None:
    inner = "from ads.services.ledger.entries import append"
    assert past_the_door(ADS / "tasks.py", inner) == {"ads.services.ledger.entries.append"}
    assert past_the_door(ADS / "services" / "ledger" / "batch.py", inner) == set()
    unoffered = "from ads.services.ledger import placement"
    assert past_the_door(ADS / "tasks.py", unoffered) == {"ads.services.ledger.placement"}
    assert past_the_door(ADS / "tasks.py", "from ads.services.ledger import summaries") == set()


def test_a_door_says_what_it_is_for() -> None:
    assert packages()
    assert [
        package
        for package in packages()
        if not ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    ] == []


MOST_MODULES = 14
#: Django looks for commands and migrations in one folder each.
FLAT = {"ads/management/commands", "ads/migrations"}


def test_no_folder_is_a_crowd() -> None:
    counts = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for top in ROOT.iterdir()
        if top.is_dir() and not top.name.startswith(".")
        for path in top.rglob("*.py")
    )
    assert counts["ads"]
    assert {name for name, count in counts.items() if count > MOST_MODULES} == FLAT


def test_packages_of_models_depend_on_each_other_in_one_direction() -> None:
    models = ADS / "models"
    order = TopologicalSorter[str]()
    for package in (path for path in packages() if path.is_relative_to(models)):
        imported = {
            node.module.split(".")[2]
            for path in package.glob("*.py")
            for node in nodes(path.read_text())
            if isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.startswith("ads.models.")
        }
        order.add(package.name, *imported - {package.name})
    order.prepare()  # raises CycleError
