"""Letters, first notices and pieces that are served are told apart by the code that is printed on them."""

import pytest

from pact_etl.store.letter_values import piece_id
from pact_etl.store.served_pieces import is_piece_code, piece_code
from pact_etl.store.tables.first_notices import FIRST_PIECE


@pytest.mark.parametrize("number", [1001, 999_999_999, FIRST_PIECE, FIRST_PIECE + 1001])
def test_the_code_of_a_letter_or_first_notice_is_no_served_pieces(number: int) -> None:
    assert not is_piece_code(piece_id(number))


@pytest.mark.parametrize("number", [1, 1001, 999_999_999])
def test_a_served_piece_has_a_code_of_its_own(number: int) -> None:
    assert is_piece_code(piece_code(number))
    assert len(piece_code(number)) == len(piece_id(number))
