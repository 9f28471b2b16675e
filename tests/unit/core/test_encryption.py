"""Text that names a student is encrypted deterministically and decrypts only with the secret and for its submission."""

import pytest

from core.storage.encryption import TextCipher

CIPHER = TextCipher(b"secret")


def test_an_encrypted_text_decrypts() -> None:
    assert CIPHER.decrypt(CIPHER.encrypt("Zoë Müller", associated_data="1"), associated_data="1") == "Zoë Müller"


def test_encryption_is_equal_for_one_submission_and_differs_between_two() -> None:
    assert CIPHER.encrypt("Ada", associated_data="1") == CIPHER.encrypt("Ada", associated_data="1")
    assert CIPHER.encrypt("Ada", associated_data="1") != CIPHER.encrypt("Ada", associated_data="2")


def test_an_encrypted_text_reveals_nothing_and_is_ascii() -> None:
    encrypted_text = CIPHER.encrypt("Ada Lovelace", associated_data="1")
    assert "Ada" not in encrypted_text
    assert encrypted_text.replace(".", "").replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("cipher", [CIPHER, TextCipher(b"another")])
def test_another_submission_or_secret_cannot_decrypt(cipher: TextCipher) -> None:
    encrypted_text = CIPHER.encrypt("Ada", associated_data="1")
    with pytest.raises(ValueError, match="encrypted for another"):
        cipher.decrypt(encrypted_text, associated_data="2")


def test_text_that_is_not_encrypted_is_returned_unchanged() -> None:
    assert CIPHER.decrypt("incoming/0123", associated_data="1") == "incoming/0123"
