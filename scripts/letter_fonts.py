"""Make the Chinese fonts of the letters: Noto Sans CJK, cut down to the characters that the wording files use.

Usage: unpack the Debian package `fonts-noto-cjk` (`dpkg-deb -x`), then
`.venv/bin/python scripts/letter_fonts.py FOLDER/usr/share/fonts/opentype/noto`. Run it again whenever a Chinese text
gains a character; the lint says so. The same package and texts give the same bytes, whose SHA-256 it prints for
pact_etl/letters/fonts/README.md. The other fonts are whole files of `fonts-noto-core` and need no script.
"""

import argparse
import hashlib
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

from pact_etl.letters.fonts import FONTS
from pact_etl.letters.languages import WORDING

FAMILIES = {"cmn": "Noto Sans CJK SC", "yue": "Noto Sans CJK TC"}
WEIGHTS = ("Regular", "Bold")
# All of them are for text from the top downward, or for other forms of a character.
TABLES_WITHOUT_USE = [
    "GSUB",
    "GPOS",
    "GDEF",
    "BASE",
    "vhea",
    "vmtx",
    "VORG",
]


def main() -> None:
    """Make every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collections", type=Path)
    options = parser.parse_args()
    for code, family in FAMILIES.items():
        characters = _characters((WORDING / f"{code}.yaml").read_text(encoding="utf-8"))
        for weight in WEIGHTS:
            collection = TTCollection(options.collections / f"NotoSansCJK-{weight}.ttc", lazy=True)
            font = next(f for f in collection if f["name"].getBestFamilyName() == family)
            path = FONTS / f"{family.replace(' ', '')}-{weight}.otf"
            _cut(font, characters)
            font.save(path, reorderTables=True)
            print(f"| `{path.name}` | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |")


def _characters(text: str) -> set[int]:
    """What Noto Sans itself lacks: everything but Latin."""
    with TTFont(FONTS / "NotoSans-Regular.ttf", lazy=True) as latin:
        known = set(latin.getBestCmap())
    return {ord(character) for character in text} - known | {ord(" ")}


def _cut(font: TTFont, characters: set[int]) -> None:
    options = subset.Options(drop_tables=[*subset.Options().drop_tables, *TABLES_WITHOUT_USE])
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    options.notdef_outline = True
    options.recalc_timestamp = False
    font.recalcTimestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)


if __name__ == "__main__":
    main()
