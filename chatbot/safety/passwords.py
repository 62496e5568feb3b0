"""
Passwords: argon2id, never on the event loop, and no sign whether an account exists.

The parameters are OWASP's second recommendation (19 MiB, two passes, one lane). One hash takes
40 to 140 ms of a core, so they run in threads and few at a time: a flood of sign-ins waits
while the chat goes on.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from chatbot.errors import Malformed, TooMany

SHORTEST = 12
LONGEST = 256
_MOST_WAITING = 16
_TIME, _MEMORY_KIB, _LANES = 2, 19 * 1024, 1
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


def _nobodys_hash() -> str:
    """A hash of the right shape that no password fits: checking it costs what others cost."""
    salt, digest = (b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_TIME},p={_LANES}${salt}${digest}"


_NOBODY = _nobodys_hash()


class Passwords:
    """Hashes and checks passwords, at most *at_once* of them at the same time."""

    def __init__(self, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(_TIME, _MEMORY_KIB, _LANES)
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """
        What to store of *password*.

        Raises:
            Malformed: It is shorter than `SHORTEST` characters or longer than `LONGEST`.
            TooMany: As for `verify`.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise Malformed(f"A password has {SHORTEST} to {LONGEST} characters.")
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """
        Whether *password* is the one that *stored* was made from.

        None for *stored* (no such account) takes as long as a wrong password does.

        Raises:
            TooMany: So many are waiting for their turn that one more would wait seconds.
        """
        async with self._turn():
            fits = await asyncio.to_thread(self._fits, password[:LONGEST], stored or _NOBODY)
        return fits and stored is not None and len(password) <= LONGEST

    def _fits(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerificationError:
            return False

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= _MOST_WAITING:
            raise TooMany("Many people are signing in just now: try again.", retry_after=2)
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1


def one_time_password() -> str:
    """Sixteen characters (79 bits) that can be read aloud, in groups of four."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))
