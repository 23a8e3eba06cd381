"""Texts out of Ed-Fi API objects, refusing every shape that its documentation does not have."""

from collections.abc import Iterator

from pact_etl.connectors.json_pages import Object
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason


def text(element: Object, *path: str) -> str:
    """The value at a path as text, stripped; empty where anything on the path is missing or null.

    Raises:
        SubmissionRefused: FILE_MALFORMED, a list or an object stands where a value is due, or the other way round.
    """
    found: object = element
    for step in path:
        if found is None:
            return ""
        if not isinstance(found, dict):
            raise _misshapen(path[0])
        found = found.get(step)
    if isinstance(found, str):
        return found.strip()
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int):
        return str(found)
    raise _misshapen(path[-1])


def listed(element: Object, name: str) -> Iterator[Object]:
    """The objects of a list; none where it is missing or null. Raises as `text`."""
    found = element.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        raise _misshapen(name)
    for one in found:
        if not isinstance(one, dict):
            raise _misshapen(name)
        yield one


def descriptor(element: Object, name: str) -> str:
    """The code value of a descriptor (`uri://namespace/XDescriptor#Code value`). Raises as `text`."""
    return text(element, name).rpartition("#")[2].strip()


def truth(element: Object, name: str) -> bool | None:
    """A flag, or None where nothing is said. Raises as `text`."""
    stated = text(element, name).lower()
    return stated in {"true", "1"} if stated else None


def _misshapen(name: str) -> SubmissionRefused:
    return SubmissionRefused(Reason.FILE_MALFORMED, field=name, detail="not of the expected shape")
