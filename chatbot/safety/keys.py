"""
The keyring: signs what customers' browsers carry, seals what the database keeps.

Several keys may be active, the newest first: it signs and seals, the others still verify and open.
A key is named by a few characters of its hash, so that a ring can be read in any order.
"""

import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatbot.errors import Expired, Misconfigured, NotSignedIn

_ALGORITHM = "HS256"
_NONCE = 12
_NAME = 8


class Keyring:
    """
    Signs and seals.

    Args:
        secrets_: At least one, each of 32 characters or more, the newest first.
    """

    def __init__(self, secrets_: Sequence[str]) -> None:
        self._keys = {
            hashlib.sha256(b"name:" + secret.encode()).hexdigest()[:_NAME]: hashlib.sha256(
                b"key:" + secret.encode()
            ).digest()
            for secret in secrets_
        }
        self._newest = next(iter(self._keys))

    def sign(self, claims: Mapping[str, Any], *, kind: str, now: datetime, lasts: timedelta) -> str:
        """A token that says *claims*, good for *lasts* and for one *kind* of use only."""
        times = {"iat": now, "exp": now + lasts}
        return jwt.encode(
            {**claims, **times, "aud": kind},
            self._keys[self._newest],
            algorithm=_ALGORITHM,
            headers={"kid": self._newest, "typ": kind},
        )

    def read(
        self, token: str, *, kind: str, now: datetime, grace: timedelta = timedelta()
    ) -> Mapping[str, Any]:
        """
        The claims of a token of ours.

        Args:
            token: As a browser gave it; anything may be in it.
            kind: What it must have been signed for.
            now: The present moment.
            grace: How long after its end the token is still read.

        Raises:
            Expired: It was good once.
            NotSignedIn: It never was.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys[header["kid"]]
            if header.get("typ") != kind:
                raise NotSignedIn("This token is for something else.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=kind,
                options={"require": ["exp", "iat", "aud"], "verify_exp": False},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise NotSignedIn("This token is not one of ours.") from error
        if claims["exp"] + grace.total_seconds() < now.timestamp():
            raise Expired("This token has expired: ask for a new one.")
        return claims

    def seal(self, text: str, *, place: str) -> bytes:
        """Encrypt *text* (AES-GCM); it opens only at the same *place*."""
        nonce = secrets.token_bytes(_NONCE)
        cipher = AESGCM(self._keys[self._newest])
        return self._newest.encode() + nonce + cipher.encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, *, place: str) -> str:
        """
        Raises:
            Misconfigured: The key that sealed it is not on the ring, or it was sealed elsewhere.
        """
        name, nonce, body = sealed[:_NAME], sealed[_NAME : _NAME + _NONCE], sealed[_NAME + _NONCE :]
        key = self._keys.get(name.decode("ascii", "replace"))
        if key is None:
            raise Misconfigured(
                "A secret in the database was sealed with a key that is no longer in "
                "CHATBOT_SECRET_KEYS: put the old key back behind the new one."
            )
        try:
            return AESGCM(key).decrypt(nonce, body, place.encode()).decode()
        except InvalidTag as error:
            raise Misconfigured(f"The secret of {place} was changed or moved.") from error


def hashed(token: str) -> str:
    """What the database keeps of a random token: enough to find it, useless to a thief."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_secrets(configured: Sequence[str], data_dir: Path) -> Sequence[str]:
    """The configured keys, or one made once for this installation and kept with mode 0600."""
    if configured:
        return configured
    path = data_dir / "secret_keys"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _stored(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return _stored(path)


def _stored(path: Path) -> Sequence[str]:
    found = path.read_text(encoding="ascii").split()
    if not found:
        raise Misconfigured(f"{path} is empty: delete it to have a new key made.")
    return found
