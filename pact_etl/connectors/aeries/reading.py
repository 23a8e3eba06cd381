"""How Aeries writes values into JSON: numbers for ids, midnight timestamps for dates, null or blanks for nothing.

Turns them into the text that validation judges, and decides nothing: a value of another shape stays as it is.
"""

import re

from pact_etl.connectors.json_pages import Object
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00:00(?:\.0+)?")
_NO = frozenset({"", "n", "no", "0", "false"})


def text(element: Object, name: str) -> str:
    """A field as text; absent, null and blank are empty.

    Raises:
        SubmissionRefused: FILE_MALFORMED, a list or an object stands where a value belongs.
    """
    value = element.get(name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise SubmissionRefused(Reason.FILE_MALFORMED, field=name, detail="no single value")


def day(element: Object, name: str) -> str:
    """A date as ISO text, `2020-07-06T00:00:00` without its midnight; anything else stays as it is, to be judged."""
    found = text(element, name)
    match = _MIDNIGHT.fullmatch(found)
    return match[1] if match else found


def is_set(element: Object, name: str) -> bool:
    """Whether a flag or a status is anything but blank, no, false or zero."""
    return text(element, name).lower() not in _NO


def listed(element: Object, name: str) -> list[Object]:
    """A list of objects inside an element; absent and null are empty.

    Raises:
        SubmissionRefused: FILE_MALFORMED, something else stands there.
    """
    found = element.get(name)
    if found is None:
        return []
    if isinstance(found, list) and all(isinstance(inner, dict) for inner in found):
        return found
    raise SubmissionRefused(Reason.FILE_MALFORMED, field=name, detail="no list of objects")


def student_id(element: Object, digits: int | None) -> str:
    """`StudentID`, a number in Aeries; where the district's ids have a fixed length, with the zeros a number lost."""
    found = text(element, "StudentID")
    return found.zfill(digits) if digits and found.isascii() and found.isdigit() else found
