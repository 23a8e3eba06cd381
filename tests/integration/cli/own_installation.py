"""An installation of a test's own, with a user's commands, and one simulated night in its drop."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.districts import load_districts
from pact_etl.simulator import Fault, simulate
from pact_etl.wiring import collaborators
from tests.conftest import ROOT

NIGHTS = date(2026, 11, 18)
OFFICE = (
    "--office-name",
    "Office",
    "--office-phone",
    "9165550100",
    "--office-email",
    "a@b.example",
)


class Installation:
    """An installation of its own that knows dialects and the county, and no district."""

    def __init__(self, folder: Path, url: str) -> None:
        self.config, self.drop, self.var = folder / "config", folder / "drop", folder / "var"
        self.url = url
        shutil.copytree(ROOT / "config" / "dialects", self.config / "dialects")
        shutil.copy(ROOT / "config" / "county.yaml", self.config)
        (self.config / "districts").mkdir()

    def pact(self, *arguments: "str | Path") -> Any:
        if collaborators.cache_info().currsize:
            collaborators().close()
        collaborators.cache_clear()
        return CliRunner().invoke(app, ["district", *map(str, arguments)])

    def new(self, slug: str, *arguments: "str | Path", cd_code: str = "3467348") -> Any:
        return self.pact("new", slug, "--name", "Oak", "--cd-code", cd_code, *OFFICE, *arguments)

    def try_(self, slug: str, night: date = NIGHTS) -> Any:
        return self.pact("try", slug, "--as-of", night.isoformat(), "--json")

    def rewrite(self, slug: str, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.config / "districts" / f"{slug}.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def without_code(self, dialect: str, code: str) -> None:
        path = self.config / "dialects" / f"{dialect}.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content["codes"] = [one for one in content["codes"] if one["code"] != code]
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def rows_of_the_record(self) -> int:
        engine = create_engine(self.url)
        with engine.connect() as connection:
            names = connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).scalars()
            total = sum(
                connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
                for name in names.all()
            )
        engine.dispose()
        return int(total)

    def files(self) -> set[Path]:
        return {p for folder in (self.var, self.drop) for p in folder.rglob("*") if p.is_file()}


def simulated(installation: Installation, slug: str, *faults: str) -> Path:
    """One district's first night in the drop, and its folder."""
    districts = [load_districts(ROOT / "config")[slug]]
    simulate(
        installation.drop,
        districts,
        scale=0.05,
        seed=3,
        first=NIGHTS,
        last=NIGHTS,
        faults=[Fault.parse(fault) for fault in faults],
    )
    return installation.drop / NIGHTS.isoformat() / slug
