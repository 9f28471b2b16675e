"""What names a student travels sealed: the same each time, opened only with the secret and for its submission."""

import pytest

from core.storage.encryption import TextCipher

CIPHER = TextCipher(b"secret")


def test_a_sealed_text_opens_again() -> None:
    assert CIPHER.decrypt(CIPHER.encrypt("Zoë Müller", associated_data="1"), associated_data="1") == "Zoë Müller"


def test_two_deliveries_seal_alike_and_two_submissions_do_not() -> None:
    assert CIPHER.encrypt("Ada", associated_data="1") == CIPHER.encrypt("Ada", associated_data="1")
    assert CIPHER.encrypt("Ada", associated_data="1") != CIPHER.encrypt("Ada", associated_data="2")


def test_a_sealed_text_shows_nothing_and_is_plain_ascii() -> None:
    encrypted_text = CIPHER.encrypt("Ada Lovelace", associated_data="1")
    assert "Ada" not in encrypted_text
    assert encrypted_text.replace(".", "").replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("seal", [CIPHER, TextCipher(b"another")])
def test_it_opens_neither_for_another_submission_nor_with_another_secret(seal: TextCipher) -> None:
    encrypted_text = CIPHER.encrypt("Ada", associated_data="1")
    with pytest.raises(ValueError, match="encrypted for another"):
        seal.decrypt(encrypted_text, associated_data="2")


def test_a_key_of_our_own_making_stays_as_it_is() -> None:
    assert CIPHER.decrypt("incoming/0123", associated_data="1") == "incoming/0123"
