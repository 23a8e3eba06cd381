"""Addresses as districts write them, and what the post can do with them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pact_etl.domain.address import (
    MAX_LINE,
    AddressFault,
    PostalAddress,
    RawAddress,
    normalise,
    postal_block,
)
from pact_etl.domain.address_words import (
    DIRECTIONS,
    SPANISH_TYPES,
    SUFFIXES,
    UNITS,
    UNITS_BY_THEMSELVES,
)


def raw(street: str, unit: str = "", **fields: str) -> RawAddress:
    return RawAddress(
        street=street, unit=unit, **({"city": "Sacramento", "state": "CA", "zip": "95814"} | fields)
    )


def fit(address: RawAddress) -> PostalAddress:
    result = normalise(address)
    assert isinstance(result, PostalAddress), result
    return result


@pytest.mark.parametrize(
    ("street", "unit", "line"),
    [
        ("1234 north Main Street Apt. 5B", "", "1234 N MAIN ST APT 5B"),
        ("1234 N. Main St.", "#5B", "1234 N MAIN ST # 5B"),
        ("1234 N Main St", "apt # 5b", "1234 N MAIN ST APT 5B"),
        ("100 Main Street East", "", "100 MAIN ST E"),
        ("P.O. Box 12", "", "PO BOX 12"),
        ("3 Space Way Space 12", "", "3 SPACE WAY SPC 12"),
        ("5 Oak Ln Bldg 2 Apt 7", "", "5 OAK LN BLDG 2 APT 7"),
        ("RR 2 Box 15", "", "RR 2 BOX 15"),
        # A unit in front of the number, and the city's name behind the street once more.
        ("#4 123 Oak St", "", "123 OAK ST # 4"),
        ("Apt. 4B, 123 Oak St", "", "123 OAK ST APT 4B"),
        ("123 Oak St, Sacramento, CA 95814", "", "123 OAK ST"),
        ("123 Sacramento St", "", "123 SACRAMENTO ST"),
        ("123 Oak St", "N/A", "123 OAK ST"),
        ("123 Oak St", "-", "123 OAK ST"),
        ("39.5 Elm Way", "", "39.5 ELM WAY"),
        ("N6W23001 Bluemound Road", "", "N6W23001 BLUEMOUND RD"),
        ("123 Oak St", "4 B", "123 OAK ST # 4 B"),
        ("123 Oak St Bldg 3", "Apt 4", "123 OAK ST BLDG 3 APT 4"),
        ("123 Oak St Bldg 3", "Apt 3", "123 OAK ST BLDG 3 APT 3"),
        ("123 Oak St", "Upstairs", "123 OAK ST # UPSTAIRS"),
        # Directions and suffixes that are the street's own name stay as they are.
        ("100 North Avenue", "", "100 NORTH AVE"),
        ("12 Lot Street", "", "12 LOT ST"),
        ("101 Avenue B", "", "101 AVENUE B"),
        ("12 Cañón Drive", "", "12 CAÑÓN DR"),
        # Rural and highway contract routes, Publication 28, 24.
        ("Rural Route 2 Box 15", "", "RR 2 BOX 15"),
        ("R.R. 2, Box 15", "", "RR 2 BOX 15"),
        ("RFD 4 #87A", "", "RR 4 BOX 87A"),
        ("Star Route 68 Box 98", "", "HC 68 BOX 98"),
        ("H.C. 68 Box 23A", "", "HC 68 BOX 23A"),
        ("Post Office Box 1190", "", "PO BOX 1190"),
        ("Box 12", "", "PO BOX 12"),
        # Spanish streets: the type stands in front and is written out, the name is left whole.
        ("45 Calle de la Luna Apt 4", "", "45 CALLE DE LA LUNA APT 4"),
        ("45 Calle Vista", "", "45 CALLE VISTA"),
        ("45 Avda. de las Flores", "", "45 AVENIDA DE LAS FLORES"),
        ("12 South Camino Real", "", "12 S CAMINO REAL"),
        ("7 El Camino Avenue #2", "", "7 EL CAMINO AVE # 2"),
        ("9 Via Plaza Court", "", "9 VIA PLAZA CT"),
        ("12 Vista", "", "12 VISTA"),
        # Designators that need no number, and names that only look like them.
        ("8 Elm Street Rear", "", "8 ELM ST REAR"),
        ("8 Elm St", "rear", "8 ELM ST REAR"),
        ("10 Elm St Lower Unit 2", "", "10 ELM ST LOWR UNIT 2"),
        ("12 Front St", "", "12 FRONT ST"),
        ("12 N Front Street", "", "12 N FRONT ST"),
        ("3300 15th St W SPC 97", "", "3300 15TH ST W SPC 97"),
        ("1750 SW West Point Ct", "", "1750 SW WEST POINT CT"),
        ("22½ Main Street", "", "22 1/2 MAIN ST"),
        ("12–A Main Street", "", "12-A MAIN ST"),
        ("4 Arden Parkwy", "", "4 ARDEN PKWY"),
        # A unit written twice is one unit.
        ("1 Main St Apt 4", "4", "1 MAIN ST APT 4"),
        ("1 Main St Apt", "4", "1 MAIN ST APT 4"),
        ("1 Main St Bldg C", "Apt 4", "1 MAIN ST BLDG C APT 4"),
    ],
)
def test_a_street_is_written_the_way_the_post_writes_it(street: str, unit: str, line: str) -> None:
    assert fit(raw(street, unit)).lines == (line, "SACRAMENTO CA 95814")


@pytest.mark.parametrize(
    ("street", "line"),
    [
        ("PSC 3 Box 4120", "PSC 3 BOX 4120"),
        ("Unit 2050 Box 4190", "UNIT 2050 BOX 4190"),
        ("CMR 1250 Box 12", "CMR 1250 BOX 12"),
    ],
)
@pytest.mark.parametrize(
    ("city", "state", "zip_code"),
    [("APO", "AP", "96350"), ("fpo", "ae", "09499-0074"), ("DPO", "AA", "34023")],
)
def test_military_mail_keeps_its_own_words(
    street: str, line: str, city: str, state: str, zip_code: str
) -> None:
    address = fit(raw(street, city=city, state=state, zip=zip_code))

    assert address.lines == (line, f"{city.upper()} {state.upper()} {zip_code}")


def test_a_unit_that_does_not_fit_beside_the_street_stands_above_it() -> None:
    lines = fit(raw("12345 Northeast Martin Luther King Junior Boulevard", "Apartment 1234")).lines

    assert lines[:2] == ("APT 1234", "12345 NE MARTIN LUTHER KING JUNIOR BLVD")


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        (raw("", city="", zip=""), AddressFault.STREET_MISSING),
        (raw(" . "), AddressFault.STREET_MISSING),
        (raw("Homeless", city="", zip=""), AddressFault.NO_FIXED_ADDRESS),
        (raw("No fixed address"), AddressFault.NO_FIXED_ADDRESS),
        (raw("General Delivery"), AddressFault.GENERAL_DELIVERY),
        (raw("unknown"), AddressFault.PLACEHOLDER),
        (raw("n/a"), AddressFault.PLACEHOLDER),
        (raw("xxxx"), AddressFault.PLACEHOLDER),
        (raw("1 A St", city=""), AddressFault.CITY_MISSING),
        (raw("1 A St", city="95814"), AddressFault.CITY_MISSING),
        (raw("1 A St", state=""), AddressFault.STATE_INVALID),
        (raw("1 A St", state="CX"), AddressFault.STATE_INVALID),
        (raw("1 A St", zip=""), AddressFault.ZIP_INVALID),
        (raw("1 A St", zip="9581"), AddressFault.ZIP_INVALID),
        (raw("1 A St", zip="00000"), AddressFault.ZIP_INVALID),
        (raw("1 A St", zip="89502"), AddressFault.ZIP_OUTSIDE_STATE),
        (raw("Main Street"), AddressFault.STREET_WITHOUT_NUMBER),
        (raw("Corner of Oak and 4th"), AddressFault.STREET_WITHOUT_NUMBER),
        (raw("4th & Oak"), AddressFault.STREET_WITHOUT_NUMBER),
        (raw("123"), AddressFault.STREET_INCOMPLETE),
        # In whose care a family lives may be what it would not have on an envelope.
        (raw("c/o Ana Diaz 12 Oak St"), AddressFault.CARE_OF),
        (raw("12 Oak St", "C/O Diaz"), AddressFault.CARE_OF),
        # The post delivers to one of them, and nobody said which.
        (raw("12 Oak St PO Box 4"), AddressFault.TWO_ADDRESSES),
        (raw("PO Box 4", "12 Oak St"), AddressFault.TWO_ADDRESSES),
        (raw("12 Oak St", "P.O. Box 4"), AddressFault.TWO_ADDRESSES),
        # Two apartments are none, and the rest is nobody's business but would show through the window.
        (raw("12 Oak St Apt 4", "5"), AddressFault.UNIT_UNCLEAR),
        (raw("12 Oak St Apt 4 Apt 5"), AddressFault.UNIT_UNCLEAR),
        (raw("12 Oak St", "Gate code 1234"), AddressFault.UNIT_UNCLEAR),
        (raw("12 Oak St", "916-555-0100"), AddressFault.UNIT_UNCLEAR),
        (raw("12 Oak St", "call grandma"), AddressFault.UNIT_UNCLEAR),
        (raw("1 A <b> St"), AddressFault.CHARACTERS_INVALID),
        (raw("1 " + "Long " * 20 + "St"), AddressFault.LINE_TOO_LONG),
    ],
)
def test_what_no_envelope_can_carry_is_named_most_basic_fault_first(
    address: RawAddress, fault: AddressFault
) -> None:
    assert normalise(address) == fault


@pytest.mark.parametrize(
    ("zip_code", "written"),
    [
        ("95814", "95814"),
        ("95814-1234", "95814-1234"),
        ("958141234", "95814-1234"),
        ("95814-0000", "95814"),
    ],
)
def test_a_zip_code_is_five_digits_or_nine(zip_code: str, written: str) -> None:
    assert fit(raw("1 A St", zip=zip_code)).lines[-1] == f"SACRAMENTO CA {written}"


def test_one_home_spelled_in_many_ways_has_one_household_key() -> None:
    spellings = [
        raw("1234 North Oak Street", "Apt 5", zip="95814-1234"),
        raw("1234 n. oak st. #5", city="SACRAMENTO", state="Calif."),
        raw("1234 N Oak St Unit 5", city="Sac"),
    ]

    assert len({fit(spelling).household_key for spelling in spellings}) == 1


def test_neighbours_do_not_share_a_household_key() -> None:
    homes = [
        raw("1 Oak St", "Apt 5"),
        raw("1 Oak St", "Apt 6"),
        raw("1 Oak St", "Bldg 5"),
        raw("1 Oak St", "Apt 4 Bldg 2"),
        raw("1 Oak St", "Bldg 4 Apt 2"),
        raw("1 Oak St"),
        raw("2 Oak St"),
        raw("1 Oak Ave"),
    ]

    assert len({fit(home).household_key for home in homes}) == len(homes)


def safe_at_home(street: str = "PO Box 1679", number: str = "5555", **fields: str) -> RawAddress:
    return raw(street, **({"zip": "95812-1679", "safe_at_home": number} | fields))


def test_a_safe_at_home_address_is_left_as_it_is_and_forms_no_household() -> None:
    address = fit(safe_at_home())

    assert address.lines == ("PO Box 1679", "Sacramento CA 95812-1679")
    assert address.household_key is None
    assert address.safe_at_home == "5555"


def test_the_safe_at_home_number_is_on_every_piece_once() -> None:
    assert postal_block("Jane Doe", fit(safe_at_home()))[0] == "Jane Doe #5555"
    assert postal_block("Jane Doe #5555", fit(safe_at_home(number="#5555")))[0] == "Jane Doe #5555"
    assert postal_block("Jane Doe", fit(safe_at_home("PO Box 1679 #5555")))[0] == "Jane Doe"


def test_a_protected_family_is_never_written_to_at_its_street() -> None:
    assert normalise(safe_at_home("12 Real Street")) == AddressFault.SAFE_AT_HOME_NOT_SUBSTITUTE


def test_the_substitute_address_without_its_number_is_held() -> None:
    assert normalise(safe_at_home(number="")) == AddressFault.SAFE_AT_HOME_NUMBER_MISSING
    assert (
        normalise(safe_at_home("PO Box 1679 #5555", number=""))
        == AddressFault.SAFE_AT_HOME_NUMBER_MISSING
    )


words = st.sampled_from(
    [
        "1",
        "22",
        "333B",
        "NORTH",
        "EAST",
        "MAIN",
        "OAK",
        "AVENUE",
        "STREET",
        "COURT",
        "APT",
        "UNIT",
        "#",
        "LOT",
        "SPACE",
        "SUITE",
        "B",
        "PO",
        "BOX",
        "É",
        ".",
        ",",
        "-",
        "/",
    ]
)
spelled = st.lists(words, max_size=7).map(" ".join)
streets = st.tuples(
    st.sampled_from(["1", "333B", "22 1/2"]),
    st.sampled_from(["", "North", "n.", "SW"]),
    st.sampled_from(["Main", "Oak Leaf", "Avenue", "Camino Real", "North", "Él"]),
    st.sampled_from(["", "Street", "ave.", "CT", "View Drive"]),
    st.sampled_from(["", "East", "NW"]),
    st.sampled_from(["", "Apt", "#", "apt. 7", "Space 12", "Lot B", "# 3-A"]),
).map(" ".join)
anything = st.one_of(spelled, st.text(max_size=30))


@given(
    street=anything,
    unit=anything,
    city=anything,
    state=st.sampled_from(["CA", "ca.", "NV", ""]),
    zip=st.text(max_size=10),
)
def test_any_text_gives_an_address_or_a_fault(
    street: str, unit: str, city: str, state: str, zip: str
) -> None:
    result = normalise(RawAddress(street=street, unit=unit, city=city, state=state, zip=zip))

    if isinstance(result, PostalAddress):
        assert 2 <= len(result.lines) <= 3
        assert all(0 < len(line) <= MAX_LINE for line in result.lines)
        assert result.household_key
    else:
        assert isinstance(result, AddressFault)


@given(
    street=streets,
    unit=st.sampled_from(["", "4", "#4", "Apt 4", "unit B", "SPACE # 12", "Bldg 2 Apt 7"]),
)
def test_an_address_once_written_stays_as_it_is(street: str, unit: str) -> None:
    first = normalise(raw(street, unit))

    if isinstance(first, PostalAddress) and len(first.lines) == 2:
        again = fit(raw(first.lines[0]))
        assert again.lines == first.lines
        assert again.household_key == first.household_key


def again(address: PostalAddress) -> RawAddress:
    """A written address as a district would send it back."""
    *street_lines, last = address.lines
    city, state, zip_code = last.rsplit(" ", 2)
    unit = street_lines[0] if len(street_lines) == 2 else ""
    return RawAddress(street=street_lines[-1], unit=unit, city=city, state=state, zip=zip_code)


spanish = st.tuples(
    st.sampled_from(["1", "333B", "22½"]),
    st.sampled_from(["Calle", "Avda.", "Camino", "S Via", "El Camino", "Paseo"]),
    st.sampled_from(["de la Luna", "Vista", "Real", "Plaza", "del Río", "Norte"]),
    st.sampled_from(["", "Ave", "Court", "Rear", "Lower Unit 2", "Apt 4", "#4"]),
).map(" ".join)
boxes = st.tuples(
    st.sampled_from(
        ["PO Box", "P.O. Box", "Box", "RR 2 Box", "R.R. 2 #", "HC 68 Box", "PSC 3 Box"]
    ),
    st.sampled_from(["1", "98", "23A", "1190"]),
).map(" ".join)
units = st.sampled_from(
    ["", "4", "#4", "Apt 4", "unit B", "SPACE # 12", "Bldg 2 Apt 7", "rear", "front 2"]
)


@example(street="PO Box 98", unit="APT NORTH")
@example(street="1 North Main", unit="rear")
@given(street=st.one_of(streets, spanish, boxes, anything), unit=st.one_of(units, anything))
def test_writing_an_address_a_second_time_changes_nothing(street: str, unit: str) -> None:
    first = normalise(raw(street, unit))

    if isinstance(first, PostalAddress):
        second = fit(again(first))
        assert second.lines == first.lines
        assert second.household_key == first.household_key


@given(
    street=st.one_of(streets, spanish, boxes),
    unit=units,
    zip_code=st.from_regex(r"9[0-5][0-9]{3}(-[0-9]{3}[1-9])?", fullmatch=True),
)
def test_no_digit_of_a_house_a_box_or_a_zip_code_ever_changes(
    street: str, unit: str, zip_code: str
) -> None:
    result = normalise(raw(street, unit, zip=zip_code))

    if isinstance(result, PostalAddress):
        assert result.lines[-1].endswith(f" {zip_code}")
        written = set(re.findall("[0-9]+", " ".join(result.lines[:-1])))
        given_digits = set(re.findall("[0-9]+", f"{street} {unit}".replace("½", " 1/2")))
        assert written == given_digits


SPELLED_OUT = {**SUFFIXES, **DIRECTIONS, **UNITS, **UNITS_BY_THEMSELVES, **SPANISH_TYPES, "N": "N"}
SAYS_NOTHING_ALONE = {"APT", "APARTMENT", "UNIT"}


@given(street=st.one_of(streets, spanish), unit=units)
def test_no_word_is_lost(street: str, unit: str) -> None:
    result = normalise(raw(street, unit))

    if isinstance(result, PostalAddress):
        written = " ".join(result.lines[:-1]).replace("#", " # ").split()
        for word in re.sub(r"[.#½]", " ", f"{street} {unit}").upper().split():
            stays = {word, SPELLED_OUT.get(word, word)} & set(written)
            assert stays or word in SAYS_NOTHING_ALONE, (word, result.lines)


@given(
    street=st.sampled_from(["PO Box 1679", "p.o. box 1679", "P.O. Box 1679  Apt 3"]),
    number=st.from_regex(r"[1-9][0-9]{3}", fullmatch=True),
)
def test_a_safe_at_home_address_is_never_rewritten(street: str, number: str) -> None:
    address = fit(safe_at_home(street, number))

    assert address.lines[0] == " ".join(street.split())
    assert address.household_key is None
