"""Sealing what names a student, so that states, keys and logs carry only opaque text.

AES-SIV (RFC 5297, from `cryptography`): deterministic, because two deliveries of one file must give
the same execution input; bound to the submission's id, so that one student's labels in two
assessments cannot be linked by their sealed form.
"""

import base64
import hashlib
import hmac

_PREFIX = "sealed."


class Seal:
    """Seals and opens short texts with a key derived from the stack's identity secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"gradeline/seal/1", hashlib.sha512).digest()

    def close(self, text: str, *, bound_to: str) -> str:
        # Imported here: only the drop door, the lanes of a drop and the results page ever need it.
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        sealed = AESSIV(self._key).encrypt(text.encode(), [bound_to.encode()])
        return _PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    @staticmethod
    def is_sealed(text: str) -> bool:
        return text.startswith(_PREFIX)

    def open(self, text: str, *, bound_to: str) -> str:
        """The text again; a text that was never sealed (a key of our own making) comes back as it is.

        Raises
        ------
        ValueError
            The text was sealed for another submission or with another secret.
        """
        if not self.is_sealed(text):
            return text
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        body = text.removeprefix(_PREFIX)
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        try:
            return AESSIV(self._key).decrypt(raw, [bound_to.encode()]).decode()
        except InvalidTag:
            raise ValueError("sealed for another submission, or with another secret") from None
