"""Layers import only downward: the architecture as a test."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pact_etl"

ADAPTERS = {
    "connectors",
    "validation",
    "store",
    "letters",
    "scorecards",
    "emails",
    "delivery",
    "outcomes",
    "warehouse",
    "districts",
    "law",
    "simulator",
    "installation",
}
BELOW = {
    "domain": set(),
    "transport": {"domain"},
    "settings": set(),
    "wiring": {"domain", "settings", *ADAPTERS},
    "steps": {"domain", "settings", "wiring", *ADAPTERS},
    "cli": {"domain", "settings", "wiring", "steps", *ADAPTERS},
} | {adapter: {"domain", "transport"} for adapter in ADAPTERS}


def imported_modules(path: Path) -> set[str]:
    """Every absolute module a file imports, wherever in the file."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules.add(node.module or "")
    return modules


def layer_of(path: Path) -> str:
    """The first name below the package: a folder or a single module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


SOURCES = [p for p in sorted(PACKAGE.rglob("*.py")) if p != PACKAGE / "__init__.py"]


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 50


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_layers_below(path: Path) -> None:
    layer = layer_of(path)
    allowed = BELOW[layer] | {layer}
    used = {m.split(".")[1] for m in imported_modules(path) if m.startswith("pact_etl.")}

    assert used <= allowed, f"{layer} must not import {sorted(used - allowed)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_airflow_is_imported_by_dags_and_plugins_only(path: Path) -> None:
    assert not {m for m in imported_modules(path) if m.split(".")[0] == "airflow"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=lambda p: p.name)
def test_the_domain_imports_the_standard_library_only(path: Path) -> None:
    roots = {m.split(".")[0] for m in imported_modules(path)} - {"pact_etl"}

    assert roots <= set(sys.stdlib_module_names)


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(p.relative_to(PACKAGE))
        for p in SOURCES
        if layer_of(p) not in {"installation", "settings"}
        and any(word in p.read_text(encoding="utf-8") for word in ("os.environ", "os.getenv"))
    }

    assert not readers


def test_no_step_reads_the_clock() -> None:
    clocks = ("date.today", "datetime.now", "datetime.utcnow", "time.time(")
    readers = {
        str(p.relative_to(PACKAGE))
        for p in SOURCES
        if layer_of(p) in {"domain", "steps", "store", "validation", "outcomes"}
        and any(clock in p.read_text(encoding="utf-8") for clock in clocks)
    }

    assert not readers


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py"}

    assert not [p for p in SOURCES if p.name in drawers]


def test_only_the_wiring_opens_the_vendors_real_folder() -> None:
    """Anywhere else it would be opened without what the settings pin: the host key above all."""
    openers = {
        str(p.relative_to(PACKAGE))
        for p in SOURCES
        if layer_of(p) in {"steps", "cli"}
        and "VendorFolder(" in p.read_text(encoding="utf-8").replace("VendorFolder(str(out)", "")
    }

    assert not openers
