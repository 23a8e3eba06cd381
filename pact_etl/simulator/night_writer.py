"""Write one district's nights: its files with whatever faults strike them, into its folder."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pact_etl.simulator.drop import Exporter
from pact_etl.simulator.faults import AppliedFault
from pact_etl.simulator.file_damage import FILE_FAULTS
from pact_etl.simulator.sabotage import ROW_FAULTS, Damage, Scene
from pact_etl.simulator.seeds import stream


@dataclass(slots=True, kw_only=True, eq=False)
class NightWriter:
    """Writes one district, night by night, and remembers what it has sent."""

    out: Path
    exporter: Exporter
    faults: dict[int, list[str]]
    seed: int
    counts: dict[str, int]
    is_full: bool = True
    before: int | None = None
    before_is_full: bool = True

    def write(self, night: int, as_of: date) -> list[AppliedFault]:
        """The files of one night; the faults that struck them."""
        names = self.faults.get(night, [])
        scenes = {name: self._scene(name, night) for name in names}
        damages: dict[str, Damage] = {}
        tables = self.exporter.tables(night, is_full=self.is_full)
        self.counts["nights"] += 1
        self.counts["rows"] += sum(rows.num_rows for rows in tables.values())
        for name in [name for name in ROW_FAULTS if name in scenes]:
            tables, damages[name] = ROW_FAULTS[name](tables, scenes[name])
        files = self.exporter.files(tables)
        for name in [name for name in FILE_FAULTS if name in scenes and files]:
            files, damages[name] = FILE_FAULTS[name](files, scenes[name])
        folder = self._folder(as_of)
        for file, content in files.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        self.before, self.before_is_full = night, self.is_full
        # After a first night that went wrong, the next one holds the year to date again.
        self.is_full = self.is_full and bool(names)
        return [
            AppliedFault(
                name=name,
                district=self.exporter.slug,
                date=as_of.isoformat(),
                school=damage.school,
                rows=damage.rows,
            )
            for name, damage in damages.items()
        ]

    def clear(self, as_of: date) -> None:
        """Take away what an earlier run left for a night; other files stay."""
        folder = self._folder(as_of)
        if not folder.exists():
            return
        for layout in self.exporter.district.settings.files.values():
            (folder / layout.name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()

    def _folder(self, as_of: date) -> Path:
        settings = self.exporter.district.settings
        return self.out / settings.path.format(as_of=as_of.isoformat(), slug=settings.slug)

    def _scene(self, name: str, night: int) -> Scene:
        return Scene(
            exporter=self.exporter,
            night=night,
            before=self.before,
            before_is_full=self.before_is_full,
            rng=stream(self.seed, "fault", name, self.exporter.slug, str(night)),
        )
