"""Waiting for real processes and sockets: until something is so, never for a fixed while."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

PATIENCE_S = 30.0


async def until(
    condition: Callable[[], object | Awaitable[object]], what: str, *, within_s: float = PATIENCE_S
) -> None:
    """Look again and again until *condition* holds; fail naming *what* we waited for."""
    deadline = time.monotonic() + within_s
    while True:
        result = condition()
        if await result if inspect.isawaitable(result) else result:
            return
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain until {what}"
        await asyncio.sleep(0.01)
