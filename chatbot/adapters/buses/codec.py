"""
Live events as bytes, for processes of this application that may run different versions.

The kind in one word, a space, the event as JSON: `spoken {"reply_id":"…","offset":12,…}`. Fields
that a reader does not know are passed over; those it misses take their defaults.
"""

from typing import get_args

import msgspec

from chatbot.domain.event import LiveEvent

_KINDS: dict[bytes, type] = {kind.__name__.lower().encode(): kind for kind in get_args(LiveEvent)}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_encode = msgspec.json.Encoder().encode
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in _KINDS.items()}


def encode(event: LiveEvent) -> bytes:
    return _NAMES[type(event)] + b" " + _encode(event)


def decode(data: bytes) -> LiveEvent:
    """
    The event that *data* holds.

    Raises:
        ValueError: It is none that this version knows.
    """
    name, _, body = data.partition(b" ")
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise ValueError(f"unknown kind of event {name[:40]!r}")
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"damaged event of kind {name.decode()}: {error}") from error
