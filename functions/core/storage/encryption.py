"""Encryption of text that names a student, so that states, keys and logs contain only opaque text.

AES-SIV (RFC 5297, from `cryptography`) is deterministic, because two deliveries of one file must give the same
execution input. The text is bound to the submission's id, so that a student's labels in two assessments cannot be
linked by their encrypted form.
"""

import base64
import hashlib
import hmac

_PREFIX = "sealed."


class TextCipher:
    """Encrypts and decrypts short texts with a key derived from the stack's identity secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"gradeline/seal/1", hashlib.sha512).digest()

    def encrypt(self, text: str, *, associated_data: str) -> str:
        # Imported here: only the drop folder, the branches of its submissions and the results page need it.
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        encrypted_text = AESSIV(self._key).encrypt(text.encode(), [associated_data.encode()])
        return _PREFIX + base64.urlsafe_b64encode(encrypted_text).decode().rstrip("=")

    @staticmethod
    def is_encrypted(text: str) -> bool:
        return text.startswith(_PREFIX)

    def decrypt(self, text: str, *, associated_data: str) -> str:
        """Return the decrypted text; a text that is not encrypted (a key that we generated) is returned unchanged.

        Raises
        ------
        ValueError
            The text was encrypted for another submission or with another secret.
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
            raise ValueError("encrypted for another submission, or with another secret") from None
