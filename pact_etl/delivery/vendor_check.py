"""The vendor's own check of what it got and of what it is about to answer; offline, on the vendor's side.

One file that needs Python 3.11, its standard library and the wheel `pysequoia`, and nothing else of this project:
`python vendor_check.py FOLDER --key ours.key.asc --county county.cert.asc`, or `pact vendor check`. The password of a
protected key is asked for, or read from a file; never given as an argument, which others can see. Where `pypdfium2` is
installed as well, every sheet's mark is read. Written from docs/vendor_protocol.md alone, sharing no code with what
makes the packages, so that the two check each other. It prints file names, piece ids and counts.
"""

import argparse
import csv
import getpass
import hashlib
import io
import itertools
import json
import re
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

SEALED, TRIGGER = ".zip.pgp", ".trg"
NAME = re.compile(r"(TEST-)?PACT-[a-z0-9]{2,20}-(\d{8})-(\d{6})-[0-9a-f]{8}")
PIECE = re.compile(r"P\d{10}")
FILES = ["letters.pdf", "manifest.csv", "manifest.json"]
COLUMNS = ["piece_id", "first_page", "pages", "sheets", "language", "postage_class", "imb"]
REJECT_REASONS = {"address_unreadable", "page_missing", "page_unreadable", "too_heavy", "other"}
RETURN_REASONS = {
    "attempted_not_known",
    "deceased",
    "forwarding_expired",
    "insufficient_address",
    "moved_left_no_address",
    "no_such_number",
    "no_such_street",
    "not_deliverable_as_addressed",
    "refused",
    "unclaimed",
    "vacant",
    "other",
}


@dataclass(slots=True, kw_only=True)
class Checked:
    """What was found out about one package and the answers to it.

    Attributes:
        faults: slugs, with a piece or file where one is at fault; empty means that all is well.
        notes: what could not be looked at.
    """

    name: str
    is_test: bool = False
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    pages: int = 0
    sheets: int = 0
    pdf_sha256: str = ""


def check_folder(
    folder: Path, *, key: Path, county: Path, password: str | None = None
) -> list[Checked]:
    """Check every package of a folder with `out/` and `in/`, the answers to it, and that no number is missing.

    Args:
        folder: yours, or a copy of it.
        key: your secret OpenPGP key.
        county: the county's certificate.
        password: of your key, where it is protected.

    Raises:
        ValueError: a key cannot be used, its password is missing or wrong, or there is no `out/`; the text names the
            file.
    """
    if not (folder / "out").is_dir():
        raise ValueError(f"{folder.name}: no folder out/ in it")
    for path, kind in ((key, "Tsk"), (county, "Cert")):
        _read_key(path, kind)
    password = _needed(key, password)
    out, back = folder / "out", folder / "in"
    names = {path.name.removesuffix(TRIGGER) for path in out.glob(f"*{TRIGGER}")}
    found = [
        check_package(out, name, key=key, county=county, password=password)
        for name in sorted(names)
    ]
    for one in found:
        _check_answers(one, back)
    whole = Checked(name=folder.resolve().name)
    for path in sorted(out.glob(f"*{SEALED}")):
        if path.name.removesuffix(SEALED) not in names:
            whole.notes.append(f"not announced, leave it alone: {path.name}")
    known = {one.name for one in found}
    for path in sorted(back.glob("*")):
        if path.name.split(".")[0] not in known:
            whole.faults.append(f"answer_to_no_package: {path.name}")
    numbers = sorted({int(m[3]) for name in names if (m := NAME.fullmatch(name))})
    for before, after in itertools.pairwise(numbers):
        whole.faults += [f"sequence_gap: {n:06d}" for n in range(before + 1, after)]
    return [*found, whole]


def check_package(
    out: Path, name: str, *, key: Path, county: Path, password: str | None = None
) -> Checked:
    """Check one announced package: name, trigger, seal, signature, manifest, control totals, pages."""
    one = Checked(name=name, is_test=name.startswith("TEST-"))
    if not NAME.fullmatch(name):
        one.faults.append("name_not_agreed")
    try:
        sealed = (out / (name + SEALED)).read_bytes()
    except OSError:
        one.faults.append("package_missing")
        return one
    line = f"{hashlib.sha256(sealed).hexdigest()}  {name}{SEALED}\n"
    if (out / (name + TRIGGER)).read_bytes() != line.encode():
        one.faults.append("wrong_hash")
        return one
    content = _open(sealed, key, county, password)
    if content is None:
        one.faults.append("cannot_be_opened_or_not_signed_by_the_county")
        return one
    try:
        _check_content(one, content)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, csv.Error):
        one.faults.append("manifest_unreadable")
    return one


def password_for(key: Path, file: Path | None) -> str | None:
    """The password of a secret key: the first line of a file, or asked for at the terminal; None where it needs none.

    Raises:
        ValueError: the key or the file cannot be read, or there is nobody to ask.
    """
    if not is_protected(key):
        return None
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"{file.name}: not a file that a password can be read from") from None
    if not sys.stdin.isatty():
        raise ValueError(f"{key.name}: protected by a password; name a file that holds it")
    return getpass.getpass(f"Password of {key.name}: ")


def is_protected(key: Path) -> bool:
    """Whether a secret key can be used with its password only.

    Raises:
        ValueError: it cannot be read.
    """
    return not _opens(key, None)


def _needed(key: Path, password: str | None) -> str | None:
    """The password where the key has one: the library refuses a password that is not needed."""
    if not is_protected(key):
        return None
    if not _opens(key, password):
        raise ValueError(f"{key.name}: {'wrong' if password else 'protected by a'} password")
    return password


def _opens(key: Path, password: str | None) -> bool:
    own = _read_key(key, "Tsk")
    try:
        own.decryptor(password)
    except RuntimeError:
        return False
    return True


def _read_key(path: Path, kind: str) -> Any:
    import pysequoia

    try:
        return getattr(pysequoia, kind).from_bytes(path.read_bytes())
    except (OSError, RuntimeError, TypeError):
        raise ValueError(f"{path.name}: not an OpenPGP key that can be read") from None


def _open(sealed: bytes, key: Path, county: Path, password: str | None) -> bytes | None:
    import pysequoia

    own, signer = _read_key(key, "Tsk"), _read_key(county, "Cert")
    try:
        opened = pysequoia.decrypt(sealed, own.decryptor(password), store=lambda ids: [signer])
    except RuntimeError:
        return None
    return opened.bytes if opened.valid_sigs else None


def _check_content(one: Checked, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if archive.namelist() != FILES:
            one.faults.append("other_files_than_agreed")
            return
        pdf, table, text = (archive.read(name) for name in FILES)
    manifest: dict[str, Any] = json.loads(text)
    reader = csv.DictReader(io.StringIO(table.decode()), strict=True)
    rows = list(reader)
    one.pieces = [row["piece_id"] for row in rows]
    one.pages = sum(int(row["pages"]) for row in rows)
    one.sheets = sum(int(row["sheets"]) for row in rows)
    one.pdf_sha256 = hashlib.sha256(pdf).hexdigest()
    totals, said = manifest["totals"], manifest["pdf"]
    counted = {
        "pieces": len(rows),
        "pages": one.pages,
        "sheets": one.sheets,
        "by_language": dict(Counter(row["language"] for row in rows)),
        "by_postage_class": dict(Counter(row["postage_class"] for row in rows)),
    }
    told = [{key: str(value) for key, value in piece.items()} for piece in manifest["pieces"]]
    judged = {
        "columns_not_agreed": reader.fieldnames == COLUMNS,
        "version_not_known": manifest["manifest_version"] == 1,
        "other_name_inside": manifest["batch"] == one.name,
        "test_flag_and_name_differ": manifest["test"] is one.is_test,
        "pdf_wrong_hash": said["sha256"] == one.pdf_sha256 and said["bytes"] == len(pdf),
        "totals_differ": totals == counted and said["pages"] == one.pages,
        "csv_and_json_differ": told == rows,
        "piece_repeated": len(set(one.pieces)) == len(rows) > 0,
        "piece_id_not_agreed": all(PIECE.fullmatch(piece) for piece in one.pieces),
        "pages_do_not_follow": _follow(rows),
    }
    one.faults += [fault for fault, is_well in judged.items() if not is_well]
    _check_sheets(one, pdf, rows)


def _follow(rows: list[dict[str, str]]) -> bool:
    page = 1
    for row in rows:
        if int(row["first_page"]) != page or int(row["pages"]) < 1:
            return False
        page += int(row["pages"])
    return True


def _check_sheets(one: Checked, pdf: bytes, rows: list[dict[str, str]]) -> None:
    """Read the mark on every sheet, and on every sheet of a test the words that keep it from the post."""
    try:
        import pypdfium2
    except ImportError:
        one.notes.append("page marks not looked at: pypdfium2 is not installed")
        return
    document = pypdfium2.PdfDocument(pdf)
    try:
        sheets = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    if len(sheets) != one.pages:
        one.faults.append("pdf_has_other_pages")
        return
    for row in rows:
        first, pages = int(row["first_page"]), int(row["pages"])
        marks = [f"{row['piece_id']}, page {n} of {pages}" for n in range(1, pages + 1)]
        own = sheets[first - 1 : first - 1 + pages]
        if not all(mark in sheet for mark, sheet in zip(marks, own, strict=False)):
            one.faults.append(f"page_mark_wrong: {row['piece_id']}")
        if one.is_test and not all("TEST" in sheet for sheet in own):
            one.faults.append(f"watermark_missing: {row['piece_id']}")


def _check_answers(one: Checked, back: Path) -> None:
    for suffix, check in (
        (".ack", _check_ack),
        (".mailed.csv", _check_mailed),
        (".returned.csv", _check_returned),
    ):
        path = back / (one.name + suffix)
        if path.exists():
            try:
                faults = check(one, path.read_text(encoding="utf-8-sig"))
            except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
                faults = ["unreadable"]
            one.faults += [f"answer {path.name}: {fault}" for fault in faults]


def _check_ack(one: Checked, text: str) -> list[str]:
    if not text.lstrip().startswith("{"):
        first, *others = csv.DictReader(io.StringIO(text), strict=True)
        ack: dict[str, Any] = first | {"rejected": others}
    else:
        ack = json.loads(text)
    rejected = [(piece["piece_id"], piece["reason"]) for piece in ack.get("rejected", [])]
    counts = [int(ack[name]) for name in ("pieces", "pages", "sheets")]
    judged = {
        "other_batch": ack["batch"] == one.name,
        "status_not_agreed": ack["status"] in {"accepted", "rejected"},
        "wrong_hash": str(ack["sha256"]).lower() == one.pdf_sha256,
        "wrong_count": counts == [len(one.pieces), one.pages, one.sheets],
        "unknown_piece": {piece for piece, _ in rejected} <= set(one.pieces),
        "repeated_piece": len(dict(rejected)) == len(rejected),
        "reason_not_agreed": {reason for _, reason in rejected} <= REJECT_REASONS,
    }
    return [fault for fault, is_well in judged.items() if not is_well]


def _check_mailed(one: Checked, text: str) -> list[str]:
    return _check_lines(one, text, "mailed_on", set())


def _check_returned(one: Checked, text: str) -> list[str]:
    return _check_lines(one, text, "returned_on", RETURN_REASONS)


def _check_lines(one: Checked, text: str, day: str, reasons: set[str]) -> list[str]:
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    for row in rows:
        date.fromisoformat(row[day])
    pieces = [row["piece_id"] for row in rows]
    judged = {
        "unknown_piece": set(pieces) <= set(one.pieces),
        "repeated_piece": len(set(pieces)) == len(pieces),
        # A stamp that nobody can read: an empty cell, or no such column.
        "reason_not_agreed": not reasons
        or {row.get("reason", "") for row in rows} <= {*reasons, ""},
    }
    return [fault for fault, is_well in judged.items() if not is_well]


def main(arguments: list[str] | None = None) -> int:
    """Check one folder and say what was found; 0 where all is well, 1 where not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder with out/ and in/")
    parser.add_argument("--key", type=Path, required=True, help="your secret OpenPGP key")
    parser.add_argument("--county", type=Path, required=True, help="the county's certificate")
    parser.add_argument(
        "--password-file",
        type=Path,
        help="its first line is your key's password; else you are asked",
    )
    asked = parser.parse_args(arguments)
    try:
        password = password_for(asked.key, asked.password_file)
        found = check_folder(asked.folder, key=asked.key, county=asked.county, password=password)
    except ValueError as error:
        parser.error(str(error))
    for one in found:
        sys.stdout.write(worded(one) + "\n")
    return 1 if any(one.faults for one in found) else 0


def worded(one: Checked) -> str:
    """One package's result in a few lines."""
    kind = "TEST, never to be mailed" if one.is_test else "real"
    counts = f", {kind}: {len(one.pieces)} pieces, {one.pages} pages" if one.pieces else ""
    said = [f"{one.name}{counts}: {'FAULTY' if one.faults else 'well'}"]
    said += [f"  fault: {fault}" for fault in one.faults]
    said += [f"  note: {note}" for note in one.notes]
    return "\n".join(said)


if __name__ == "__main__":
    sys.exit(main())
