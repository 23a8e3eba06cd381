"""Proof that a credential belongs to the district it is labelled with, before anybody's data is read.

A credential may see the education organizations of a whole shared ODS, but only the enrollments of its own district:
so the district must be among the agencies, and the first enrollment must be at one of its schools.
"""

from pact_etl.connectors.edfi.api_asking import Answered, Asker, Question
from pact_etl.connectors.edfi.api_changes import ENROLLMENTS
from pact_etl.connectors.edfi.api_fields import listed, text
from pact_etl.connectors.edfi.api_schools import agency_of
from pact_etl.connectors.json_pages import Object, page_elements
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

AGENCIES = "localEducationAgencies"


def prove_district(asker: Asker, district: District) -> tuple[str, Answered]:
    """The district's id in the source, and the answer that says so.

    Raises:
        SubmissionRefused: WRONG_DISTRICT.
    """
    (answered,) = asker.each([Question(resource=AGENCIES)])
    wanted = _spellings(str(district.options.get("agency_id", district.cd_code)))
    agencies = [a for page in answered.pages for a in page_elements(page, AGENCIES)]
    ours = [text(a, "localEducationAgencyId") for a in agencies if _ids(a) & wanted]
    if len(ours) != 1:
        # An agency's code is public, so it may be told: whoever mixed up two credentials sees which one this is.
        raise _wrong(AGENCIES, f"{len(agencies)} agencies, {len(ours)} of them {district.cd_code}")
    for enrollment in asker.sample(Question(resource=ENROLLMENTS)):
        code = text(enrollment, "schoolReference", "schoolId")
        for school in asker.sample(Question(resource="schools", params=(("schoolId", code),))):
            if agency_of(school) not in {"", ours[0]}:
                raise _wrong("schools", "enrollments at schools of another district")
    return ours[0], answered


def _ids(agency: Object) -> set[str]:
    codes = (
        text(code, "identificationCode")
        for code in listed(agency, "educationOrganizationIdentificationCodes")
    )
    stated = {text(agency, "localEducationAgencyId"), *codes}
    return {one.lstrip("0") for one in stated} - {""}


def _spellings(cd_code: str) -> set[str]:
    """A number has no leading zeros; California's county-district-school codes end in seven zeros for a district."""
    bare = cd_code.lstrip("0")
    return {bare, bare + "0000000"} if len(cd_code) == 7 else {bare}


def _wrong(file: str, detail: str) -> SubmissionRefused:
    return SubmissionRefused(Reason.WRONG_DISTRICT, file=file, detail=detail)
