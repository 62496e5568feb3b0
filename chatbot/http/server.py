"""
uvicorn, made to end gently.

On SIGTERM uvicorn closes every socket at once. Here it stops listening, tells clients that it is
draining, lets running replies finish, closes sockets with a code that means "come back", and only
then ends.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import FrameType

import uvicorn

from chatbot.settings import Settings

LOOP = "auto"  # uvloop, where there is one
_TICK_S = 1.0


class DrainingServer(uvicorn.Server):
    """
    A server whose first signal drains and whose second one ends it.

    Args:
        drain: Lets running work finish and closes the sockets.
        on_ready: Called once requests are accepted.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain: Callable[[], Awaitable[None]],
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._on_ready = on_ready
        self._draining: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets=sockets)  # type: ignore[arg-type]
        if self.started:
            self._on_ready()

    async def main_loop(self) -> None:
        # uvicorn looks ten times a second whether it is to end, which is nearly half of what wakes
        # an idle process. The tick with number zero also renews the header with the date.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_S)

    def stop(self) -> None:
        """End at once, without draining."""
        self.should_exit = True
        self._ending.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining is not None:
            super().handle_exit(sig, frame)
            asyncio.get_running_loop().call_soon_threadsafe(self._ending.set)
            return
        # A signal interrupts the loop anywhere, also while it sleeps: this wakes it.
        asyncio.get_running_loop().call_soon_threadsafe(self._begin_to_end, sig, frame)

    def _begin_to_end(self, sig: int, frame: FrameType | None) -> None:
        if self._draining is None:
            self._draining = asyncio.create_task(self._end(sig, frame), name="drain")

    async def _end(self, sig: int, frame: FrameType | None) -> None:
        for server in self.servers:
            server.close()
        try:
            await self._drain()
        finally:
            super().handle_exit(sig, frame)
            self._ending.set()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Makes the loop that uvicorn would choose: the house is built inside it, before uvicorn is."""
    return uvicorn.Config("", loop=LOOP).get_loop_factory()


def server_config(app: object, settings: Settings) -> uvicorn.Config:
    """The settings of uvicorn that measured best."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.server.host,
        port=settings.server.port,
        ws="websockets-sansio",
        ws_max_size=4 * settings.limits.frame_bytes,  # above ours, so that we can say what is wrong
        ws_ping_interval=None,  # the heartbeat is ours and carries `seq`
        ws_per_message_deflate=False,
        http="httptools",
        loop=LOOP,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.server.trusted_proxies),
        forwarded_allow_ips=settings.server.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )
