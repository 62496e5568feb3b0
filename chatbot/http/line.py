"""
One open socket as a line: frames in, frames out, and how it ends.

What the frames mean is `socket.py`'s business.
"""

import logging
from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketException

from chatbot.errors import Malformed, TooLarge
from chatbot.http import wire
from chatbot.http.heart import Pulse
from chatbot.ports import Clock

_log = logging.getLogger(__name__)


class Closed(Exception):
    """We end this socket, with a close code of the contract."""

    def __init__(self, code: int, last_word: str = "") -> None:
        super().__init__(code)
        self.code, self.last_word = code, last_word


class Gone(Exception):
    """The client left."""


class Line:
    """
    Reads and writes the frames of one socket.

    Attributes:
        pulse: Told when a frame is being sent, once the client was greeted.
    """

    def __init__(self, socket: WebSocket[Any, Any, Any], clock: Clock, *, frame_bytes: int) -> None:
        self._socket, self._clock, self._frame_bytes = socket, clock, frame_bytes
        self._open = True
        self.pulse: Pulse | None = None

    async def frame(self) -> wire.ClientFrame:
        """
        The next frame.

        Raises:
            Gone: The client left.
            Malformed: Not one of our frames.
            TooLarge: Over the limit of a frame.
        """
        message: Any = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            self._open = False
            raise Gone
        text = message.get("text")
        if text is None:
            raise Malformed(wire.ERRORS["malformed"])
        if len(text.encode()) > self._frame_bytes:
            raise TooLarge(wire.ERRORS["too_long"])
        return wire.read_frame(text)

    async def send(self, text: str) -> None:
        """
        Raises:
            Gone: The client left.
        """
        if not self._open:
            raise Gone
        if self.pulse is not None:
            self.pulse.sending_since = self._clock.monotonic()
        try:
            await self._socket.send_data(text)
        except (WebSocketException, RuntimeError, OSError) as error:
            self._open = False
            raise Gone from error
        finally:
            if self.pulse is not None:
                self.pulse.sending_since = None

    async def close(self, code: int, last_word: str = "") -> None:
        """End the socket from our side, perhaps with an error; harmless when it has ended."""
        if not self._open:
            return
        try:
            if last_word:
                await self.send(wire.error_frame(last_word))
            self._open = False
            await self._socket.close(code=code)
        except (Gone, WebSocketException, RuntimeError, OSError) as error:
            _log.debug("the client closed first: %s", error)
