"""What a source says of its own attendance codes, for a person who must say what they mean to us."""

from collections.abc import Sequence

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District


def codes_of_source(district: District, files: Sequence[RawFile]) -> dict[str, tuple[str, str]]:
    """What a source says of its own codes: title and kind, and the meaning to propose where its schools agree.

    Args:
        district: whose.
        files: what was fetched; only an Aeries describes its codes.
    """
    if district.connector != "aeries_api":
        return {}
    from pact_etl.connectors.aeries.codes import suggested_codes

    said: dict[str, tuple[list[str], set[str]]] = {}
    for one in suggested_codes(files):
        texts, proposals = said.setdefault(one.code, ([], set()))
        flag = ", partial-day truant" if one.is_partial_day_truant else ""
        texts.append(f"{one.title}, type {one.type_code}{flag}")
        proposals.add(one.proposal.value if one.proposal else "")
    return {
        code: ("; ".join(texts), proposals.pop() if len(proposals) == 1 else "")
        for code, (texts, proposals) in said.items()
    }
