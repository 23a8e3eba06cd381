"""What another policy would have found and written, beside what was found, planned and sent: counts and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pact_etl.domain.reasons import Reason
from pact_etl.domain.truancy import Rule
from pact_etl.outcomes.suppression import publishable

OF_THE_POLICY = frozenset(
    {
        Reason.OUTSIDE_GRADE_SPAN.value,
        Reason.COOLING_DOWN.value,
        Reason.PAST_LAST_MAILING_DATE.value,
        Reason.NO_MEETING.value,
    }
)
"""Holds that another policy would answer otherwise; for every other one a family's letter would wait as it does."""

CHANGES = ("same", "earlier", "later", "added", "removed")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """For whose eyes the figures are.

    Attributes:
        publish: small cells are hidden; for whoever is not bound to keep students' records.
        students: every changed letter with the student's opaque number; for the program's own staff.
    """

    publish: bool = False
    students: bool = False


def figures(
    found: pd.DataFrame,
    letters: pd.DataFrame,
    recorded: pd.DataFrame,
    invitations: pd.DataFrame,
    slugs: Mapping[int, str],
    edition: Edition,
) -> dict[str, Any]:
    """Counts of findings and letters with their differences.

    Args:
        found: findings that the nights would have opened.
        letters: that they would have planned.
        recorded: findings that they opened.
        invitations: that they planned or held, as they stand now.
        slugs: by district.
        edition: for whose eyes.
    """
    real = invitations[invitations["status"] == "planned"]
    held = invitations[
        (invitations["status"] == "held") & ~invitations["reason"].isin(OF_THE_POLICY)
    ]
    compared = compare(letters, real, ["student_id"])
    waits = compared["student_id"].isin(held["student_id"]) & (compared["change"] == "added")
    sent = set(real.loc[real["is_sent"].astype(bool), "student_id"])
    gone = (compared["change"] == "removed") & compared["student_id"].isin(sent)
    result: dict[str, Any] = {
        "findings": {
            rule.value: _difference(
                compare(
                    found[found["rule"] == rule.value],
                    recorded[recorded["rule"] == rule.value],
                    ["district_id", "student_id"],
                ),
                edition,
            )
            for rule in Rule
        },
        "letters": _difference(compared, edition),
        "letters_by": {
            name: _table(rows, edition)
            for name, rows in _groups(letters, real, found, slugs).items()
        },
    }
    if not edition.publish:
        result["letters"] |= {
            "added_but_held": int(waits.sum()),
            "sent": len(sent),
            "removed_though_sent": int(gone.sum()),
        }
    if edition.students:
        result["students"] = _named(compared[compared["change"] != "same"], slugs)
    return result


def compare(would: pd.DataFrame, real: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Each student's first night under both, and how they differ.

    Returns:
        `student_id`, `district_id`, `would` and `real` (nights, missing where there is none) and `change`, one of
        CHANGES.
    """
    sides = {
        name: frame.sort_values("as_of")
        .drop_duplicates(keys)
        .astype(dict.fromkeys(("student_id", "district_id"), "int64"))[
            [*sorted({*keys, "district_id"}), "as_of"]
        ]
        for name, frame in (("would", would), ("real", real))
    }
    both = sides["would"].merge(sides["real"], on=keys, how="outer", suffixes=("_would", "_real"))
    nights = [
        (None if pd.isna(a) else a, None if pd.isna(b) else b)
        for a, b in zip(both["as_of_would"], both["as_of_real"], strict=True)
    ]
    if "district_id" not in both:
        both["district_id"] = both["district_id_would"].fillna(both["district_id_real"])
    return both[["student_id", "district_id"]].assign(
        would=both["as_of_would"],
        real=both["as_of_real"],
        change=[_change(a, b) for a, b in nights],
    )


def _change(would: date | None, real: date | None) -> str:
    if would is None or real is None:
        return "removed" if would is None else "added"
    if would == real:
        return "same"
    return "earlier" if would < real else "later"


def _difference(compared: pd.DataFrame, edition: Edition) -> dict[str, Any]:
    """How many students under either, and how many changed in which way."""
    changes = compared["change"].value_counts()
    counts = {name: int(changes.get(name, 0)) for name in CHANGES}
    would = sum(counts[n] for n in ("same", "earlier", "later", "added"))
    real = sum(counts[n] for n in ("same", "earlier", "later", "removed"))
    if not edition.publish:
        return {"would": would, "recorded": real, **counts}
    table = pd.DataFrame({"change": list(counts), "students": list(counts.values())})
    shown = publishable(table, "change", None, "students", [])
    return {name: _shown(n) for name, n in zip(shown["change"], shown["students"], strict=True)}


def _groups(
    letters: pd.DataFrame, real: pd.DataFrame, found: pd.DataFrame, slugs: Mapping[int, str]
) -> dict[str, pd.DataFrame]:
    """Letters under both by each of four groupings: `group`, `side`, `letters`."""
    sides = pd.concat(
        [letters.assign(side="would"), real.assign(side="recorded")], ignore_index=True
    )
    monday = [day - timedelta(days=day.weekday()) for day in sides["as_of"]]
    groups = {
        "district": sides["district_id"].map(slugs),
        "grade": sides["grade"],
        "language": sides["language"],
        "week": pd.Series([day.isoformat() for day in monday], index=sides.index, dtype="object"),
    }
    return {
        name: sides.assign(group=group.astype("object").fillna(UNKNOWN))
        .groupby(["group", "side"], as_index=False)
        .size()
        .rename(columns={"size": "letters"})
        for name, group in groups.items()
    }


def _table(rows: pd.DataFrame, edition: Edition) -> list[dict[str, Any]]:
    """One line per group, under both and the difference; hidden figures are None."""
    full = (
        rows.pivot(index="group", columns="side", values="letters")
        .reindex(columns=["would", "recorded"])
        .fillna(0)
    )
    if edition.publish and not full.empty:
        melted = full.reset_index().melt("group", var_name="side", value_name="letters")
        shown = publishable(melted, "group", "side", "letters", [])
        full = shown.pivot(index="group", columns="side", values="letters").reindex(
            columns=["would", "recorded"]
        )
    return [
        {
            "group": str(group),
            "would": _shown(would),
            "recorded": _shown(real),
            "difference": _shown(would - real),
        }
        for group, would, real in zip(full.index, full["would"], full["recorded"], strict=True)
    ]


def _shown(count: float) -> int | None:
    return None if pd.isna(count) else int(count)


def _named(changed: pd.DataFrame, slugs: Mapping[int, str]) -> list[dict[str, Any]]:
    """Changed letters by student, opaque numbers only."""
    return [
        {
            "student": f"S{student}",
            "district": slugs[int(district)],
            "change": change,
            "would": None if pd.isna(would) else would.isoformat(),
            "recorded": None if pd.isna(real) else real.isoformat(),
        }
        for student, district, change, would, real in zip(
            changed["student_id"],
            changed["district_id"],
            changed["change"],
            changed["would"],
            changed["real"],
            strict=True,
        )
    ]
