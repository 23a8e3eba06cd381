"""Which languages a notice kind has templates for: whatever files its folder holds. No list to keep in step."""

from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
NOTICE_KIND = "pact_invitation"

_CODE_LENGTH = 3  # language files are named by ISO 639-3 code; main.typ is not one


@cache
def template_languages(kind: str = NOTICE_KIND) -> frozenset[str]:
    """The ISO 639-3 codes a letter of this kind can be set in."""
    return frozenset(
        path.stem for path in (TEMPLATES / kind).glob("*.typ") if len(path.stem) == _CODE_LENGTH
    )
