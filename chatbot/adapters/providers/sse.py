"""
Server-sent events, cut out of a byte stream.

The `openai` client decodes and models every event, which costs five times what reading them
takes, and passes over a stream that ends in the middle of one. Here an event is the bytes of
its `data` lines and nothing more.
"""

LARGEST_EVENT = 131_072
"""Bytes that one event may have; a provider that sends more is not to be trusted with memory."""


LARGEST_STREAM = 16_777_216
"""Bytes of one completion: fifty times what the longest reply takes, comments included."""


class Oversized(Exception):
    """An event, or all of them together, grew beyond the limit."""


class EventSplitter:
    """
    Feed it what arrives, get the data of every event that is whole.

    Attributes:
        open: An event has begun that is not whole yet; at the end of a stream it was cut.
    """

    def __init__(self, limit: int = LARGEST_EVENT, whole: int = LARGEST_STREAM) -> None:
        self._limit, self._left = limit, whole
        self._held: list[bytes] = []
        self._size = 0

    @property
    def open(self) -> bool:
        return bool(b"".join(self._held).strip())

    def feed(self, received: bytes) -> list[bytes]:
        """
        Return the data of the events that *received* makes whole, in order.

        Raises:
            Oversized: An event is larger than the limit, or the stream is.
        """
        self._left -= len(received)
        if self._left < 0:
            raise Oversized("The stream does not end.")
        # Only a line end can make an event whole: without one nothing is joined or searched,
        # so an event that drips in byte by byte does not cost its square.
        if b"\n" not in received and b"\r" not in received:
            self._hold(received)
            return []
        self._held.append(received)
        buffer = b"".join(self._held)
        tail = b""
        if b"\r" in buffer:
            # A carriage return at the very end may be half of a line end.
            if buffer.endswith(b"\r"):
                buffer, tail = buffer[:-1], b"\r"
            buffer = buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *events, rest = buffer.split(b"\n\n")
        self._held, self._size = [], 0
        self._hold(rest + tail)
        if any(len(event) > self._limit for event in events):
            raise Oversized(f"An event has more than {self._limit} bytes.")
        return [data for event in events if (data := _data(event)) is not None]

    def _hold(self, received: bytes) -> None:
        self._size += len(received)
        if self._size > self._limit:
            raise Oversized(f"An event has more than {self._limit} bytes.")
        self._held.append(received)


def _data(event: bytes) -> bytes | None:
    """The value of the event's `data` lines; None when it has none, as a comment has."""
    if event.startswith(b"data:") and b"\n" not in event:
        return event[5:].strip()
    lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None
