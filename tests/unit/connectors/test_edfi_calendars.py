"""Several calendars of one Ed-Fi school: each is a track; one alone is everybody's."""

from pact_etl.connectors.edfi.calendars import calendar_rows_of

TAUGHT, OFF = frozenset({"Instructional day"}), frozenset({"Holiday"})


def rows(events):
    found = calendar_rows_of(events, {key: n for n, key in enumerate(events, 1)})
    return {(r["school_code"], r["track"], r["date"]): r["instructional"] for r in found}


def test_one_calendar_is_the_common_one_whatever_it_is_called():
    assert rows({("1", "2026", "2026-11-19"): TAUGHT, ("1", "2026", "2026-11-20"): OFF}) == {
        ("1", "", "2026-11-19"): "Y",
        ("1", "", "2026-11-20"): "N",
    }


def test_of_several_each_says_all_of_its_days():
    found = rows(
        {
            ("1", "A", "2026-11-19"): TAUGHT,
            ("1", "A", "2026-11-20"): OFF,
            ("1", "B", "2026-11-20"): TAUGHT,
            ("2", "X", "2026-11-20"): TAUGHT,
        }
    )

    assert found == {
        ("1", "", "2026-11-19"): "Y",
        ("1", "A", "2026-11-19"): "Y",
        ("1", "B", "2026-11-19"): "N",  # not listed in B, so not one of its days
        ("1", "", "2026-11-20"): "N",  # closed wins for whoever names no calendar
        ("1", "A", "2026-11-20"): "N",
        ("1", "B", "2026-11-20"): "Y",
        ("2", "", "2026-11-20"): "Y",
    }
