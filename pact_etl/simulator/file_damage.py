"""Faults of bytes: what is wrong with the files of a night after they were made."""

from collections.abc import Callable
from typing import Final

from pact_etl.simulator.drop import ATTENDANCE
from pact_etl.simulator.sabotage import Damage, Scene

Files = dict[str, bytes]

_CUT_AT = 0.6
_LINE_ENDS = b"\r\n"


def _file_missing(files: Files, scene: Scene) -> tuple[Files, Damage]:
    lost = files.get(_name(scene), b"")
    kept = {name: content for name, content in files.items() if name != _name(scene)}
    return kept, Damage(rows=_lines(lost))


def _district_missing(files: Files, scene: Scene) -> tuple[Files, Damage]:
    return {}, Damage(rows=sum(_lines(content) for content in files.values()))


def _file_truncated(files: Files, scene: Scene) -> tuple[Files, Damage]:
    content = files[_name(scene)]
    cut = max(int(len(content) * _CUT_AT), 2)
    # Inside a row, so that the last line is visibly not whole.
    while content[cut - 1] in _LINE_ENDS or content[cut] in _LINE_ENDS:
        cut -= 1
    return files | {_name(scene): content[:cut]}, Damage(rows=_lines(content[cut:]))


def _file_empty(files: Files, scene: Scene) -> tuple[Files, Damage]:
    return files | {_name(scene): b""}, Damage(rows=_lines(files[_name(scene)]))


def _header_renamed(files: Files, scene: Scene) -> tuple[Files, Damage]:
    settings = scene.exporter.district.settings
    header, newline, rest = files[_name(scene)].partition(b"\n")
    old = str(settings.files[ATTENDANCE].columns["local_id"])
    renamed = header.replace(old.encode(), f"{old}_PERM".encode(), 1)
    return files | {_name(scene): renamed + newline + rest}, Damage(rows=1)


def _wrong_encoding(files: Files, scene: Scene) -> tuple[Files, Damage]:
    text = files[_name(scene)].decode(scene.exporter.district.settings.encoding)
    return files | {_name(scene): text.encode("utf-16")}, Damage(rows=text.count("\n"))


def _stale_file(files: Files, scene: Scene) -> tuple[Files, Damage]:
    if scene.before is None:
        return files, Damage(rows=0)
    tables = scene.exporter.tables(scene.before, is_full=scene.before_is_full)
    return scene.exporter.files(tables), Damage(rows=tables[ATTENDANCE].num_rows)


FILE_FAULTS: Final[dict[str, Callable[[Files, Scene], tuple[Files, Damage]]]] = {
    "stale_file": _stale_file,
    "header_renamed": _header_renamed,
    "wrong_encoding": _wrong_encoding,
    "file_truncated": _file_truncated,
    "file_empty": _file_empty,
    "file_missing": _file_missing,
    "district_missing": _district_missing,
}
"""Each fault of bytes, by its name on the menu; in this order several can strike one night."""


def _name(scene: Scene) -> str:
    return scene.exporter.district.settings.files[ATTENDANCE].name


def _lines(content: bytes) -> int:
    return content.count(b"\n")
