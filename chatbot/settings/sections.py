"""The sections of the configuration file, and how one is read and overridden."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from msgspec import Meta, Struct

from chatbot.errors import Misconfigured

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Section = TypeVar("Section", bound=Struct)


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What one visitor may do. Sizes in bytes or characters, times in seconds.

    Attributes:
        messages_per_minute: Per visitor, over all their sockets.
        messages_per_address: A minute, of all its visitors; not counted for loopback addresses.
        sockets_per_address: Not counted for loopback addresses: those are a proxy on this machine.
        token_s: How long a widget's token opens sockets.
        sign_ins_per_minute: Per address; four times as many in 15 minutes, thirteen in six hours.
        visitor_s: How long a token, though expired, still names the same visitor.
        api_requests_per_minute: Per API key.
    """

    frame_bytes: Count = 16 * 1024
    message_chars: Count = 4_000
    messages_per_minute: Count = 100
    messages_per_address: Count = 300
    frames_per_minute: Count = 600
    sockets_per_visitor: Count = 5
    sockets_per_address: Count = 20
    sessions_per_minute: Count = 60
    sign_ins_per_minute: Count = 30
    hello_within_s: Seconds = 5.0
    heartbeat_s: Seconds = 25.0
    pong_within_s: Seconds = 10.0
    queue_bytes: Count = 256 * 1024
    send_blocked_s: Seconds = 5.0
    token_s: Count = 600
    visitor_s: Count = 180 * 24 * 3600
    recheck_s: Seconds = 60.0
    drain_s: Seconds = 8.0
    import_bytes: Count = 20 * 1024 * 1024
    api_body_bytes: Count = 256 * 1024
    api_requests_per_minute: Count = 600


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the application listens, and how the outside calls it."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    public_url: str = ""
    trusted_proxies: list[str] = []


class Webhooks(Struct, frozen=True, forbid_unknown_fields=True):
    """Where events may be sent to."""

    private_targets: bool = False


def read_section(
    name: str, kind: type[Section], given: object, environment: Mapping[str, str]
) -> Section:
    """
    The section *name* as the file gives it, each field overridden by its variable.

    Raises:
        Misconfigured: Names the variable or the section, what was read, what is expected.
    """
    if not isinstance(given, dict):
        raise Misconfigured(f"[{name}] in the configuration file must be a table.")
    merged: dict[str, Any] = dict(given)
    hints = get_type_hints(kind)
    for field in kind.__struct_fields__:
        variable = f"CHATBOT_{name}_{field}".upper()
        if field == "public_url":
            variable = "CHATBOT_PUBLIC_URL"
        if text := environment.get(variable):
            listed = "list" in str(hints[field])
            merged[field] = text.split(",") if listed else text
            _check(kind, {field: merged[field]}, variable, text)
    return _check(kind, merged, f"[{name}]", "")


def plain(error: msgspec.ValidationError) -> str:
    """What msgspec has to say, as the rest of a sentence."""
    sentence = str(error).replace("`", "")
    return sentence[0].lower() + sentence[1:]


def _check(kind: type[Section], values: dict[str, Any], where: str, text: str) -> Section:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        read = f" reads {text!r}, but" if text else ":"
        raise Misconfigured(f"{where}{read} {plain(error)}.") from error
