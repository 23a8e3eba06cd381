"""The packages of a batch: which letters lie in which, and how far each has come.

`frozen` is a list of letters and nothing else; `sealed` has a number, a name and the hash under which it will leave.
From `handed_over` on it is out, and `acknowledged` or `refused` is the vendor's word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.letter import COMPANION_LANGUAGE
from pact_etl.domain.packaging import LetterSize, most_pages

OUT = ("handed_over", "acknowledged", "refused")
"""What a package is once the vendor can read it."""

STILL_HERE = ("approved", "rendered")
"""Letters that a package may still be made of."""

BOOKED = ("sequence", "name", "pdf_sha256", "sealed_sha256", "bytes", "pieces", "pages", "sheets")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedPackage:
    """One package as it is booked; what a frozen one does not have yet is None."""

    id: int
    batch_id: int
    status: str
    sequence: int | None
    name: str | None
    pdf_sha256: str | None
    sealed_sha256: str | None
    bytes: int | None
    pieces: int | None
    pages: int | None
    sheets: int | None
    released_as_of: date | None

    @property
    def is_out(self) -> bool:
        """Whether it was handed over."""
        return self.status in OUT


def packages_of(connection: Connection, batch_id: int) -> list[BookedPackage]:
    """A batch's packages in the order in which they leave."""
    return _packages(connection, "batch_id = :batch", batch=batch_id)


def get_package(connection: Connection, package_id: int) -> BookedPackage | None:
    """One package, locked; None where there is none any more."""
    found = _packages(connection, "id = :id", "FOR UPDATE", id=package_id)
    return found[0] if found else None


def package_of(connection: Connection, letter: int) -> BookedPackage | None:
    """The package that a letter lies in, locked; None where it lies in none."""
    condition = "id = (SELECT package_id FROM notice WHERE id = :letter)"
    found = _packages(connection, condition, "FOR UPDATE", letter=letter)
    return found[0] if found else None


def first_here(connection: Connection, batch_id: int) -> BookedPackage | None:
    """The package of a batch that leaves next, locked; None where all are out."""
    condition = "batch_id = :batch AND status IN ('frozen', 'sealed')"
    found = _packages(connection, condition, "LIMIT 1 FOR UPDATE", batch=batch_id)
    return found[0] if found else None


def sealed_elsewhere(connection: Connection, package_id: int) -> list[BookedPackage]:
    """Other packages that have a number and are not booked as out, locked."""
    condition = "status = 'sealed' AND id <> :id"
    return _packages(connection, condition, "FOR UPDATE", id=package_id)


def sealed_names(connection: Connection) -> list[str]:
    """Names of packages that may be out without being booked so, after a run that died."""
    return [str(one.name) for one in _packages(connection, "status = 'sealed'")]


def unplaced_letters(connection: Connection, batch_id: int) -> list[LetterSize]:
    """A batch's letters that may leave and lie in no package yet, in print order."""
    return _sizes(connection, "n.package_id IS NULL", batch_id)


def letters_here(connection: Connection, batch_id: int) -> list[LetterSize]:
    """A batch's letters that may leave and lie in a package that is not out, in print order."""
    condition = "n.package_id IN (SELECT id FROM package WHERE status IN ('frozen', 'sealed'))"
    return _sizes(connection, condition, batch_id)


def place(connection: Connection, batch_id: int, dealt: Sequence[Sequence[int]]) -> None:
    """Make a frozen package of each group of letters."""
    for letters in dealt:
        made = connection.execute(
            text("INSERT INTO package (batch_id, status) VALUES (:batch, 'frozen') RETURNING id"),
            {"batch": batch_id},
        ).scalar_one()
        connection.execute(
            text("UPDATE notice SET package_id = :package WHERE id = ANY(:letters)"),
            {"package": made, "letters": list(letters)},
        )


def take_apart(connection: Connection, batch_id: int) -> None:
    """Remove a batch's frozen packages; their letters lie in none."""
    frozen = "SELECT id FROM package WHERE batch_id = :batch AND status = 'frozen'"
    keys = {"batch": batch_id}
    connection.execute(
        text(f"UPDATE notice SET package_id = NULL WHERE package_id IN ({frozen})"), keys
    )
    connection.execute(text(f"DELETE FROM package WHERE id IN ({frozen})"), keys)


def letters_in(connection: Connection, package_id: int, *, lock: bool = False) -> dict[int, str]:
    """A package's letters in print order, each with its state; locked, nobody takes one back meanwhile."""
    query = f"SELECT id, status FROM notice WHERE package_id = :id ORDER BY id {'FOR UPDATE' if lock else ''}"
    return {row.id: row.status for row in connection.execute(text(query), {"id": package_id})}


def leave_out(connection: Connection, package_id: int) -> dict[int, str]:
    """Take letters that may not leave any more out of a package that is here; returns those that stay."""
    keys = {"id": package_id, "here": list(STILL_HERE)}
    statement = (
        "UPDATE notice SET package_id = NULL WHERE package_id = :id AND NOT status = ANY(:here)"
    )
    connection.execute(text(statement), keys)
    return letters_in(connection, package_id)


def remove(connection: Connection, package_id: int) -> None:
    """Remove a package that no letter is left in; its number is free again."""
    connection.execute(text("DELETE FROM package WHERE id = :id"), {"id": package_id})


def unseal(connection: Connection, package_id: int) -> None:
    """Back to a list of letters; number and name are free again."""
    nothing = ", ".join(f"{name} = NULL" for name in (*BOOKED, "released_as_of"))
    connection.execute(
        text(f"UPDATE package SET status = 'frozen', {nothing} WHERE id = :id"), {"id": package_id}
    )


def free_number(connection: Connection) -> int:
    """The lowest number that no package has, so that none is ever missing; the release lock keeps others from it."""
    query = """
        SELECT min(n) FROM (SELECT 1 AS n UNION ALL SELECT sequence + 1 FROM package WHERE sequence IS NOT NULL) f
        WHERE NOT EXISTS (SELECT FROM package p WHERE p.sequence = f.n)
    """
    return int(connection.execute(text(query)).scalar_one())


def book_sealed(
    connection: Connection, package_id: int, released_as_of: date, **booked: object
) -> None:
    """Keep the number, name, hashes and counts under which a package will leave."""
    assignments = ", ".join(f"{name} = :{name}" for name in BOOKED)
    connection.execute(
        text(
            f"UPDATE package SET status = 'sealed', released_as_of = :as_of, {assignments} WHERE id = :id"
        ),
        {"id": package_id, "as_of": released_as_of} | {name: booked[name] for name in BOOKED},
    )


def book_status(connection: Connection, package_id: int, status: str) -> None:
    """Keep that a package is out, or what the vendor says of it."""
    connection.execute(
        text("UPDATE package SET status = :status WHERE id = :id"),
        {"id": package_id, "status": status},
    )


def settle_batch(connection: Connection, batch_id: int) -> None:
    """A batch that was released is acknowledged once each of its packages is."""
    statement = """
        UPDATE batch b SET status = 'acknowledged'
        WHERE b.id = :id AND b.status = 'released' AND EXISTS (SELECT FROM package p WHERE p.batch_id = b.id)
          AND NOT EXISTS (SELECT FROM package p WHERE p.batch_id = b.id AND p.status <> 'acknowledged')
    """
    connection.execute(text(statement), {"id": batch_id})


def _packages(
    connection: Connection, condition: str, ending: str = "", **keys: object
) -> list[BookedPackage]:
    query = f"SELECT * FROM package WHERE {condition} ORDER BY id {ending}"
    rows = connection.execute(text(query), keys).mappings()
    fields = BookedPackage.__dataclass_fields__
    return [BookedPackage(**{name: row[name] for name in fields}) for row in rows]


def _sizes(connection: Connection, condition: str, batch_id: int) -> list[LetterSize]:
    query = f"""
        SELECT n.id, n.language, count(s.invitation_id) AS students
        FROM notice n LEFT JOIN notice_student s ON s.notice_id = n.id
        WHERE n.batch_id = :batch AND n.status = ANY(:here) AND {condition} GROUP BY n.id ORDER BY n.id
    """
    keys = {"batch": batch_id, "here": list(STILL_HERE)}
    return [
        LetterSize(
            letter=row.id,
            pages=most_pages(1 if row.language == COMPANION_LANGUAGE else 2, row.students),
        )
        for row in connection.execute(text(query), keys)
    ]
