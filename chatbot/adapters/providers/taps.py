"""The socket that a response comes through, turned off while nobody looks at it."""

import asyncio
from typing import Any

import aiohttp
import httpx2


class Tap:
    """
    A `Valve` over a response of the client's aiohttp transport.

    The client hands its transport's response to nobody, so this one is taken out of it. Where that
    is not to be had, the response is read as it comes.
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
        if (tls := _tls(transport)) is not None:
            # By itself TLS goes on reading the socket, and when the provider closes it, what was
            # held back is lost.
            tls.set_read_buffer_limits(0)
        self._paused = transport

    def open(self) -> None:
        transport, self._paused = self._paused, None
        if transport is None or transport.is_closing():
            return
        if (tls := _tls(transport)) is not None:
            tls.set_read_buffer_limits()
        transport.resume_reading()


def _tls(transport: asyncio.Transport) -> Any:  # noqa: ANN401 asyncio's and uvloop's have no common name
    """The transport, if it encrypts."""
    return transport if transport.get_extra_info("ssl_object") is not None else None
