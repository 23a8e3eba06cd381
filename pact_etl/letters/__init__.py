"""Setting letters: values of `domain.letter` in, one PDF with a page list out. Sends nothing and decides nothing.

What a letter says stands in `templates/`; the vendor's package around the PDF belongs to `pact_etl.delivery`.
"""

from pact_etl.domain.letter import RenderedBatch, RenderedPiece
from pact_etl.letters.errors import LettersUnfit
from pact_etl.letters.languages import template_languages
from pact_etl.letters.lawful import differs_from_law, find_unlawful
from pact_etl.letters.preflight import find_unprintable
from pact_etl.letters.proof_of_service import ProofOfService, render_proof_of_service
from pact_etl.letters.rendering import render_batch, render_proof, write_batch

__all__ = [
    "LettersUnfit",
    "ProofOfService",
    "RenderedBatch",
    "RenderedPiece",
    "differs_from_law",
    "find_unlawful",
    "find_unprintable",
    "render_batch",
    "render_proof",
    "render_proof_of_service",
    "template_languages",
    "write_batch",
]
