"""Sealing what names a student, so that states, keys and logs carry only opaque text.

AES-SIV (RFC 5297, from `cryptography`): deterministic, because two deliveries of one file must give
the same execution input; bound to the submission's id, so that one student's labels in two
assessments cannot be linked by their sealed form.
"""

import base64
import hashlib
import hmac

_PREFIX = "sealed."


class TextCipher:
    """Seals and opens short texts with a key derived from the stack's identity secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"gradeline/seal/1", hashlib.sha512).digest()

    def encrypt(self, text: str, *, associated_data: str) -> str:
        # Imported here: only the drop door, the lanes of a drop and the results page ever need it.
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        encrypted_text = AESSIV(self._key).encrypt(text.encode(), [associated_data.encode()])
        return _PREFIX + base64.urlsafe_b64encode(encrypted_text).decode().rstrip("=")

    @staticmethod
    def is_encrypted(text: str) -> bool:
        return text.startswith(_PREFIX)

    def decrypt(self, text: str, *, associated_data: str) -> str:
        """The text again; a text that was never sealed (a key of our own making) comes back as it is.

        Raises
        ------
        ValueError
            The text was sealed for another submission or with another secret.
        """
        if not self.is_encrypted(text):
            return text
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        body = text.removeprefix(_PREFIX)
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        try:
            return AESSIV(self._key).decrypt(raw, [associated_data.encode()]).decode()
        except InvalidTag:
            raise ValueError("sealed for another submission, or with another secret") from None
