"""How fast passwords may be guessed: per account and per address, slower with every failure."""

import hashlib

from chatbot.errors import TooMany
from chatbot.ports import Counters

Tiers = tuple[tuple[int, float], ...]

ACCOUNT: Tiers = ((5, 60.0), (10, 15 * 60.0), (20, 6 * 3600.0))
"""(attempts, seconds): whoever uses up one window waits, and then meets a longer one."""


async def allow(counters: Counters, email: str, address: str, *, per_minute: int) -> None:
    """
    Count an attempt before its password is looked at.

    Args:
        counters: Shared by all processes.
        email: The account, whether it exists or not.
        address: Where the attempt comes from; a whole office may share it.
        per_minute: Attempts that an address has in a minute.

    Raises:
        TooMany: The account or the address has had its attempts; none is counted for it.
    """
    from_there: Tiers = (
        (per_minute, 60.0),
        (4 * per_minute, 15 * 60.0),
        (13 * per_minute, 6 * 3600.0),
    )
    for key, tiers in ((_account(email), ACCOUNT), (f"login:address:{address}", from_there)):
        for limit, window in reversed(tiers):
            wait = await counters.hit(f"{key}:{window:.0f}", limit=limit, window=window)
            if wait > 0:
                raise TooMany(f"Too many attempts: try again in {_span(wait)}.", retry_after=wait)


async def forgive(counters: Counters, email: str) -> None:
    """Forget the failures of an account whose owner came in."""
    for _, window in ACCOUNT:
        await counters.clear(f"{_account(email)}:{window:.0f}")


def _account(email: str) -> str:
    return f"login:account:{hashlib.sha256(email.encode()).hexdigest()[:24]}"


def _span(seconds: float) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes <= 1 else f"{minutes:.0f} minutes"
