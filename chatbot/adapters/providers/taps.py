"""The socket that a response comes through, turned off while nobody looks at it."""

import asyncio

import aiohttp
import httpx2


class Tap:
    """
    A `Valve` over a response of the client's aiohttp transport.

    The client hands its transport's response to nobody, so this one is taken out of it. Where that
    is not to be had, or the transport cannot pause, the response is read as it comes.
    """

    def __init__(self, response: httpx2.Response) -> None:
        inner = getattr(response.stream, "_stream", None)
        theirs = getattr(inner, "_aiohttp_response", None)
        self._theirs = theirs if isinstance(theirs, aiohttp.ClientResponse) else None
        self._paused: asyncio.Transport | None = None

    def shut(self) -> None:
        # None once all of it has arrived: the connection may be somebody else's by now.
        connection = self._theirs.connection if self._theirs is not None else None
        transport = connection.transport if connection is not None else None
        # What aiohttp has paused, because too much is unread, aiohttp goes on with.
        if transport is None or transport.is_closing() or not transport.is_reading():
            return
        transport.pause_reading()
        self._paused = transport

    def open(self) -> None:
        transport, self._paused = self._paused, None
        if transport is not None and not transport.is_closing():
            transport.resume_reading()
