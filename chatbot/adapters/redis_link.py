"""
One way to a Redis that may die, freeze or come back at any moment.

Nobody waits for it longer than `PATIENCE_S`, and only the first to find it away waits at all:
from then on calls are refused at once, while a short question every `ASK_AGAIN_S` finds out when
it answers again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chatbot.errors import Misconfigured, Unavailable

PATIENCE_S = 0.25
ASK_AGAIN_S = 0.5
CONNECTIONS = 32

TROUBLES = (RedisError, OSError, TimeoutError)

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


def connect(url: str, *, connections: int = CONNECTIONS) -> Redis:
    """
    A client that tries nothing twice; how long it may take is its caller's business.

    Raises:
        Misconfigured: *url* is no address of a Redis.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=PATIENCE_S,
            # The client's own limit on writing loses a cancellation that comes as the write ends
            # (asyncio.wait_for before Python 3.12): every caller sets a limit around the call.
            socket_timeout=None,
            socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), retries=0),
            protocol=2,  # understood by every server, and without a greeting on each connection
            driver_info=None,
        )
    except ValueError as error:
        raise Misconfigured(
            "CHATBOT_REDIS_URL is no address of a Redis: expected redis://host:port/0, "
            "rediss://host:port/0 or unix:///path."
        ) from error
    return Redis.from_pool(pool)


class RedisLink:
    """
    Calls of one client, refused while the server is away.

    Args:
        url: The server's address.
        on_return: Called each time it answers again.
    """

    def __init__(self, url: str, on_return: Callable[[], None] = lambda: None) -> None:
        self._redis = connect(url)
        self._on_return = on_return
        self._away = False
        self._next_question: asyncio.TimerHandle | None = None
        self._question: asyncio.Task[None] | None = None

    async def do(self, work: Callable[[Redis], Awaitable[Result]]) -> Result:
        """
        Do *work* within `PATIENCE_S`.

        Raises:
            Unavailable: It failed, or Redis has been away since an earlier failure.
        """
        if self._away:
            raise Unavailable("Redis does not answer.")
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await work(self._redis)
        except TROUBLES as error:
            self._went_away(error)
            raise Unavailable("Redis does not answer.") from error

    async def check(self) -> None:
        """
        Ask Redis for a sign of life.

        Raises:
            Unavailable: None came.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._redis.execute_command("PING")
        except TROUBLES as error:
            self._went_away(error)
            raise Unavailable("Redis does not answer.") from error
        if self._away:
            self._away = False
            _log.info("Redis is back.")
            self._on_return()

    async def close(self) -> None:
        if self._next_question is not None:
            self._next_question.cancel()
        if self._question is not None:
            await self._question
        await self._redis.aclose()

    def _went_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            _log.warning("Redis is away (%s); going on without it.", type(error).__name__)
            self._ask_later()

    def _ask_later(self) -> None:
        self._next_question = asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._ask)

    def _ask(self) -> None:
        self._question = asyncio.create_task(self._ask_once())

    async def _ask_once(self) -> None:
        try:
            await self.check()
        except Unavailable:
            self._ask_later()
