"""
What went wrong at a provider, in one word of the fault table.

`ProviderRefused` is for what stays wrong until an operator mends it; everything else is
`ProviderDegraded` and may pass with the next request. The words:

    connecting   refused dns tls reset timeout unreachable redirected
    status       unauthorized forbidden unknown_model no_quota rate_limited bad_request
                 context_too_long server_error
    stream       empty html not_a_stream encoded cut no_finish bad_json bad_utf8 wrong_types
                 error_event oversized
"""

import ssl
from collections.abc import Iterator, Mapping

import aiohttp
import msgspec

from chatbot.adapters.providers.limits import retry_after
from chatbot.errors import ProviderDegraded, ProviderRefused

_QUOTED = 200
"""Characters of a provider's own words that an operator gets to see."""


class ErrorBody(msgspec.Struct):
    """The `error` object of OpenAI and its likes; compatible servers leave parts out."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None


class _Envelope(msgspec.Struct):
    error: ErrorBody | str | None = None
    message: str | None = None
    detail: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Envelope).decode

_BY_STATUS = {
    401: "unauthorized",
    402: "no_quota",
    403: "forbidden",
    404: "unknown_model",
    413: "context_too_long",
}
_REFUSALS = {
    "unauthorized": "does not accept the API key",
    "forbidden": "does not allow this key to use the model",
    "unknown_model": "does not know the model or the address",
    "no_quota": "has no quota left for this key",
    "context_too_long": "finds the request too long",
    "bad_request": "does not understand the request",
    "redirected": "redirects elsewhere: give its final address",
}
_BY_CODE = {
    "insufficient_quota": "no_quota",
    "billing_hard_limit_reached": "no_quota",
    "invalid_api_key": "unauthorized",
    "model_not_found": "unknown_model",
    "context_length_exceeded": "context_too_long",
    "rate_limit_exceeded": "rate_limited",
}
_WITHHELD = {
    *("content_filter", "content_policy_violation", "invalid_prompt"),
    *("bio_policy", "misalignment_policy_violation"),
}
"""Codes that are about what the customer asked, and not about the provider or our request."""

_TRANSIENT_STATUS = {408, 409, 425, 429}


def read_error(body: bytes) -> ErrorBody:
    """What an error body says; an empty one when it is no JSON of a known form."""
    try:
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ErrorBody()
    if isinstance(envelope.error, ErrorBody):
        return envelope.error
    return ErrorBody(message=envelope.error or envelope.message)


def is_withheld(error: ErrorBody) -> bool:
    """Whether the error is a completion withheld by a filter, and so an end like any other."""
    return str(error.code) in _WITHHELD


def of_status(
    who: str, status: int, headers: Mapping[str, str], error: ErrorBody, *, secret: str
) -> ProviderDegraded | ProviderRefused:
    """The error that an HTTP answer other than 200 means."""
    said = _quote(error, secret)
    fault = _BY_CODE.get(str(error.code)) or _BY_CODE.get(str(error.type))
    if fault is None and 300 <= status < 400:  # noqa: PLR2004
        fault = "redirected"
    if fault is None and status == 400 and _says_too_long(error):  # noqa: PLR2004
        fault = "context_too_long"
    if fault is None:
        fault = _BY_STATUS.get(status)
    if fault is None and status < 500 and status not in _TRANSIENT_STATUS:  # noqa: PLR2004
        fault = "bad_request"
    if fault in _REFUSALS:
        return ProviderRefused(f"{who} {_REFUSALS[fault]}{said}.", fault=fault)
    if status == 429 or fault == "rate_limited":  # noqa: PLR2004
        return ProviderDegraded(
            f"{who} takes no more requests now{said}.",
            fault="rate_limited",
            retry_after=retry_after(headers),
        )
    return ProviderDegraded(
        f"{who} failed with status {status}{said}.",
        fault="server_error",
        retry_after=retry_after(headers),
    )


def of_event(who: str, error: ErrorBody, *, secret: str) -> ProviderDegraded | ProviderRefused:
    """The error that an `error` event in the middle of a stream means."""
    said = _quote(error, secret)
    fault = _BY_CODE.get(str(error.code)) or _BY_CODE.get(str(error.type))
    if fault in _REFUSALS:
        return ProviderRefused(f"{who} {_REFUSALS[fault]}{said}.", fault=fault)
    if fault == "rate_limited":
        return ProviderDegraded(f"{who} takes no more requests now{said}.", fault=fault)
    return ProviderDegraded(f"{who} broke off{said}.", fault="error_event")


def of_network(who: str, error: BaseException, *, speaking: bool) -> ProviderDegraded:
    """The error that trouble on the network means, before or after the provider was *speaking*."""
    causes = list(_chain(error))
    fault = next((word for cause in causes if (word := _network_word(cause))), None)
    if speaking and fault != "timeout":
        fault = "cut"
    what = "broke off" if speaking else "cannot be reached"
    return ProviderDegraded(
        f"{who} {what} ({type(causes[-1]).__name__}).", fault=fault or "unreachable"
    )


def _says_too_long(error: ErrorBody) -> bool:
    said = (error.message or "").lower()
    return "context" in said and ("length" in said or "long" in said or "exceed" in said)


def _quote(error: ErrorBody, secret: str) -> str:
    """The provider's own words for an operator, without our key should it repeat it."""
    message = error.message or ""
    if secret:
        message = message.replace(secret, "…")
    said = " ".join(message.split())[:_QUOTED].rstrip(".")
    return f": {said}" if said else ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _network_word(error: BaseException) -> str | None:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(error, (ssl.SSLError, aiohttp.ClientSSLError)):
        return "tls"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError, aiohttp.ServerDisconnectedError)):
        return "reset"
    if isinstance(error, (TimeoutError, aiohttp.ServerTimeoutError)):
        return "timeout"
    return None
