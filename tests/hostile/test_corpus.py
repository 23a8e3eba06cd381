"""Every hostile input through its connector and validation: it ends as its case says and in no other way."""

import hashlib
import logging
from collections import Counter

import pytest

from pact_etl.connectors.protocol import RawFile
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.school_year import school_year_of
from pact_etl.validation import Gates, Reference, Validated, examine_submission
from pact_etl.validation.reject_file import reject_file
from tests.hostile.cases import Case, Loaded, Refused
from tests.hostile.corpus import CASES
from tests.hostile.speakers import CANARY, GOOD
from tests.policies import LIMITS
from tests.sources import sources_with

SOURCES = sources_with({})
LEAST = 300


def examined(case: Case) -> Validated:
    """Parse and judge; batch gates are left out here, for three students are no batch (see `test_nights`)."""
    district = case.speaker().district
    files = [RawFile(name=n, content=c) for n, c in sorted(case.make().items())]
    parsed = connector_for(district, SOURCES).parse(district, files)
    result = examine_submission(
        district=district,
        as_of=case.as_of,
        year=school_year_of(case.as_of),
        tables=parsed.tables,
        reference=Reference(),
        gates=Gates(),
        suites=None,
        scope=parsed.scope,
        limits=LIMITS,
    )
    assert result.refusal is None
    if len(result.validated.quarantined):
        rejects = reject_file(result.validated.quarantined, parsed.tables)
        assert CANARY.encode() not in rejects
    return result.validated


def test_the_corpus_holds_what_it_promises() -> None:
    hashes = set()
    for case in CASES:
        digest = hashlib.sha256(f"{case.speaker().key} {case.as_of}".encode())
        for name, content in sorted(case.make().items()):
            digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
        hashes.add(digest.hexdigest())

    assert len(hashes) == len(CASES) >= LEAST
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_input_ends_as_its_case_says(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    if isinstance(case.end, Refused):
        with pytest.raises(SubmissionRefused) as refusal:
            examined(case)
        error = refusal.value
        assert error.reason is case.end.reason, str(error)
        assert case.end.file in (None, error.file)
        assert CANARY not in f"{error!r} {error} {error.__cause__!r}"
    else:
        judge(case.end, examined(case))
    assert CANARY not in caplog.text


def judge(end: Loaded, found: Validated) -> None:
    pairs = zip(found.quarantined["table"], found.quarantined["reason"], strict=True)
    assert Counter(f"{table} {reason}" for table, reason in pairs) == Counter(end.aside)
    assert found.received["attendance"] == end.rows
    marks = {
        (str(row.local_id).lstrip("0"), row.date.date()): row.status
        for row in found.marks.itertuples()
    }
    good = {key: status for key, status in GOOD.items() if key[0] not in end.without}
    assert marks == good | dict(end.also)
