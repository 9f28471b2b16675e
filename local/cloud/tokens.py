"""The local token issuer: issues tokens for a fixed teacher and checks them as API Gateway's JWT authorizer does."""

import time
import uuid
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from local.cloud.private_files import write_private

AUDIENCE = "gradeline-local"
_ALGORITHM = "RS256"
_DAY_SECONDS = 24 * 3600
# Stable user ids: tomorrow's token belongs to the same person.
_SUBJECT_NAMESPACE = uuid.UUID("6f7c1a52-9c38-4b53-8f0e-3d1f4f6e2b10")


class InvalidTokenError(Exception):
    """The token was not issued here, is for another audience, or has expired."""


class TokenIssuer:
    """Issues and checks bearer tokens. The key is stored in `folder` if one is given."""

    def __init__(self, issuer: str, folder: Path | None = None) -> None:
        self.issuer = issuer
        self._key = _load_or_create_key(folder)

    def issue(self, tenant: str | None, name: str, *, seconds: float = _DAY_SECONDS, **claims: Any) -> str:
        """Issues a token; without a tenant the claim is missing, as in tokens of a foreign user pool."""
        now = int(time.time())
        body: dict[str, Any] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": str(uuid.uuid5(_SUBJECT_NAMESPACE, f"{tenant}/{name}")),
            "name": name,
            "token_use": "id",
            "iat": now,
            "exp": int(now + seconds),
        }
        if tenant is not None:
            body["custom:tenant"] = tenant
        header = {"alg": _ALGORITHM, "kid": self._key.kid}
        return jwt.encode(header, {**body, **claims}, self._key)

    def claims(self, token: str) -> dict[str, str]:
        """Returns the claims of a valid token as text, as API Gateway passes them on.

        Raises
        ------
        InvalidTokenError
            The token is forged, has expired, or is for somebody else.
        """
        rules = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            raise InvalidTokenError(str(error)) from error
        return {name: value if isinstance(value, str) else str(value) for name, value in claims.items()}


def _load_or_create_key(folder: Path | None) -> RSAKey:
    path = folder / "token-key.pem" if folder else None
    if path and path.exists():
        return RSAKey.import_key(path.read_bytes(), {"use": "sig", "kid": "local"})
    key = RSAKey.generate_key(2048, {"use": "sig", "kid": "local"}, private=True)
    if path:
        write_private(path, key.as_pem(private=True))
    return key
