"""Charts as specs: only schooldays, gaps as gaps, zero at the bottom, and a sentence that says the finding."""

from dataclasses import replace
from datetime import date

from pact_etl.letters.fonts import FONTS
from pact_etl.scorecards.charts import set_aside_by_night, weekly
from pact_etl.scorecards.drawing import draw
from pact_etl.scorecards.figures import NO_RATE, Attendance, Deliveries, Rate
from tests.scorecard_factories import OCTOBER, card, night, schooldays, shares


def nights() -> Deliveries:
    days = schooldays()
    gone = night(days[4], is_recorded=False, received=0, lag=1)
    refused = replace(gone, date=days[5], refused_reason="header_changed")
    return Deliveries(nights=[*map(night, days[:4]), gone, refused, night(days[6], set_aside=30)])


def test_a_night_without_data_is_a_gap_that_says_so_and_no_zero() -> None:
    values = set_aside_by_night(nights(), OCTOBER).spec["data"]["values"]

    assert [v["rows"] for v in values] == [0, 0, 0, 0, None, None, 30]
    assert [v["note"] for v in values][-3:] == ["nothing came", "refused", ""]


def test_weekends_have_no_place_on_the_axis_and_days_stand_in_their_order() -> None:
    spec = set_aside_by_night(nights(), OCTOBER).spec
    domain = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]

    assert domain == ["Oct 1", "Oct 2", "Oct 5", "Oct 6", "Oct 7", "Oct 8", "Oct 9"]


def test_the_sentence_beside_a_chart_states_what_it_shows() -> None:
    said = set_aside_by_night(nights(), OCTOBER).alt

    assert "The highest was 30.0 on Oct 9." in said
    assert "No delivery was taken over on Oct 7, Oct 8." in said


def test_every_axis_of_a_share_starts_at_zero() -> None:
    one = card()
    chart = weekly("Days absent", one.weeks, one.weeks_before, OCTOBER, "absent")

    for layer in chart.spec["layer"]:
        assert layer["encoding"]["y"]["scale"]["domain"][0] == 0


def test_a_hidden_or_missing_week_breaks_the_line() -> None:
    hidden = Attendance(students=12, absent=Rate(is_hidden=True))
    mondays = OCTOBER.mondays
    weeks = [(mondays[0], shares(5)), (mondays[1], hidden), (mondays[2], shares(6))]
    chart = weekly("Days absent", weeks, [(mondays[0], Attendance())], OCTOBER, "absent")

    assert [v["share"] for v in chart.spec["data"]["values"]] == [5, None, 6, None]
    assert "October, week by week: 5.0 %, not shown, 6.0 %." in chart.alt
    assert "September: there is no data." in chart.alt
    assert NO_RATE.percent is None


def test_labels_at_the_ends_of_two_equal_lines_do_not_lie_on_each_other() -> None:
    same = [(date(2026, 10, 5), shares(5.0))]
    chart = weekly("Days absent", same, same, OCTOBER, "absent")
    heights = [
        layer["data"]["values"][0]["share"] for layer in chart.spec["layer"] if "data" in layer
    ]
    top = chart.spec["layer"][0]["encoding"]["y"]["scale"]["domain"][1]

    assert abs(heights[0] - heights[1]) >= 11.9 * top / 112


def test_a_drawing_is_in_our_font_asks_for_nothing_outside_and_repeats_byte_for_byte() -> None:
    spec = set_aside_by_night(nights(), OCTOBER).spec
    svg = draw(spec, FONTS)

    assert draw(spec, FONTS) == svg
    assert 'font-family="Noto Sans"' in svg
    assert "href" not in svg.replace("xmlns:xlink", "")
    assert "nothing came" in svg
