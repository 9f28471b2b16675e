"""What names a student travels sealed: the same each time, opened only with the secret and for its submission."""

import pytest

from core.seal import Seal

SEAL = Seal(b"secret")


def test_a_sealed_text_opens_again() -> None:
    assert SEAL.open(SEAL.close("Zoë Müller", bound_to="1"), bound_to="1") == "Zoë Müller"


def test_two_deliveries_seal_alike_and_two_submissions_do_not() -> None:
    assert SEAL.close("Ada", bound_to="1") == SEAL.close("Ada", bound_to="1")
    assert SEAL.close("Ada", bound_to="1") != SEAL.close("Ada", bound_to="2")


def test_a_sealed_text_shows_nothing_and_is_plain_ascii() -> None:
    sealed = SEAL.close("Ada Lovelace", bound_to="1")
    assert "Ada" not in sealed
    assert sealed.replace(".", "").replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("seal", [SEAL, Seal(b"another")])
def test_it_opens_neither_for_another_submission_nor_with_another_secret(seal: Seal) -> None:
    sealed = SEAL.close("Ada", bound_to="1")
    with pytest.raises(ValueError, match="sealed for another"):
        seal.open(sealed, bound_to="2")


def test_a_key_of_our_own_making_stays_as_it_is() -> None:
    assert SEAL.open("incoming/0123", bound_to="1") == "incoming/0123"
