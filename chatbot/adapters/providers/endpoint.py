"""
An address of OpenAI, or of a server that speaks like it, and how its streams are read.

The `openai` client makes the request: address, key, headers, proxies, TLS. What comes back we
read ourselves, because the client takes a stream that was cut, that is empty or that is a web
page for a whole reply. Here a completion is whole when the provider said so, and not before.
"""

import asyncio
import logging
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

import aiohttp
import httpx2
import openai

from chatbot.adapters.providers import faults
from chatbot.adapters.providers.draft import Draft
from chatbot.adapters.providers.limits import headroom
from chatbot.adapters.providers.looks import Looks
from chatbot.adapters.providers.sse import EventSplitter, Oversized
from chatbot.adapters.providers.taps import Tap
from chatbot.domain.ask import CallPiece, Completed, CompletionRequest, TextPiece
from chatbot.errors import Declined, Misconfigured, ProviderDegraded

_log = logging.getLogger(__name__)

OPENAI = "https://api.openai.com/v1"
HEADERS = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
"""Of every request."""

_ERROR_BYTES = 16_384
_LAST_BYTE = 0.05
"""Seconds between the end that the stream announces and the end of the response."""
_KEPT_S = 55.0
"""Seconds that a connection without a request is kept, so that the next one need not be made. Load
balancers drop them after sixty or more; a server that hangs up sooner is noticed, and where it does
so just as we ask, `_Stale` asks once more."""
_OPENAI_HOSTS = (".openai.com", ".openai.azure.com")
_NETWORK = (openai.APIConnectionError, httpx2.HTTPError, aiohttp.ClientError, OSError, ssl.SSLError)

Opening = AbstractAsyncContextManager[openai.AsyncAPIResponse[Any]]


class _Stale(Exception):
    """
    The connection was closed before anything came back.

    Mostly it was one that was kept from an earlier request, and the server closed it as it was
    taken up again; some do so right after they promised to keep it.
    """


class _Withheld(Exception):
    """A filter refused the request for what the customer wrote; the model never saw it."""


class OpenAIEndpoint(ABC):
    """
    What every adapter over the `openai` client has: it says how to ask, and this how to listen.

    One client and its connections are shared by all streams. Neither the client's retries nor
    its timeouts are on: the caller has deadlines, and ends a stream by closing it.

    Attributes:
        ours: Fields of a request that an operator's options may not set.
    """

    ours: ClassVar[frozenset[str]]

    def __init__(
        self,
        name: str,
        model: str,
        api_key: str | None,
        base_url: str | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        bill_within: float = 1.0,
        pace_s: float = 0.1,
    ) -> None:
        """
        Args:
            name: What logs, screens and the call log call this provider.
            model: As the provider knows it.
            api_key: None for a server that asks for none.
            base_url: Address up to and without the API's own path; None is OpenAI itself.
            options: Further fields of each request, for example `reasoning_effort`.
            bill_within: Seconds to wait for the token counts once the words are whole.
            pace_s: Seconds between two looks at a stream.

        Raises:
            Misconfigured: The address is not one, the key cannot be sent as a header, or an
                option is ours to decide.
        """
        self.name, self.model = name, model
        self._key = (api_key or "").strip()
        self._address = (base_url or OPENAI).rstrip("/")
        self._bill_within, self._looks = bill_within, Looks(pace_s)
        parts = urlsplit(self._address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Misconfigured(
                f"The base URL of provider {name} is {self._address!r}; expected http(s)://host/…"
            )
        if not self._key.isascii() or not self._key.isprintable():
            raise Misconfigured(
                f"The API key of provider {name} has characters that cannot be sent as a header."
            )
        self.options = dict(options or {})
        if ours := sorted(self.options.keys() & self.ours):
            raise Misconfigured(
                f"The options of provider {name} set {ours[0]}, which every request decides itself."
            )
        self.is_openai = f".{parts.hostname}".endswith(_OPENAI_HOSTS)
        self.client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self._address,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(
                timeout=None,
                follow_redirects=False,
                limits=httpx2.Limits(max_connections=1_000, keepalive_expiry=_KEPT_S),
                event_hooks={"response": [self._refuse_errors]},
            ),
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.model} at {self._address}>"

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"

    @abstractmethod
    def ask(self, request: CompletionRequest) -> Opening:
        """The client's call that opens the stream, not begun yet."""

    @abstractmethod
    def draft(self, who: str, secret: str) -> Draft:
        """An empty completion that understands this API's events."""

    async def close(self) -> None:
        """Hang up every connection."""
        await self.client.close()

    async def stream(
        self, request: CompletionRequest
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        """See `chatbot.ports.Provider`."""
        for last in (False, True):
            try:
                async with aclosing(self._once(request, last=last)) as items:
                    async for item in items:
                        yield item
                    return
            except _Withheld:
                yield Completed("", (), "content_filter", None, self.model)
                return
            except _Stale:
                # As far as anybody can tell it was never sent.
                _log.info("%s closed a connection it had kept", self)

    async def _once(
        self, request: CompletionRequest, *, last: bool
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        draft = self.draft(str(self), self._key)
        splitter = EventSplitter()
        received = False
        left: float | None = None
        try:
            async with self.ask(request) as response:
                self._check_form(response.headers)
                left = headroom(response.headers)
                tap = Tap(response.http_response)
                async with aclosing(_arriving(response.http_response)) as arriving:
                    async for data in arriving:
                        received = True
                        if piece := draft.take(splitter.feed(data)):
                            yield piece
                        if draft.finish:
                            await self._read_bill(arriving, splitter, draft)
                            break
                        # An endless comment is read at once, and must not hold the loop.
                        await (self._looks.next(tap) if piece else asyncio.sleep(0))
        except Declined:
            raise
        except Oversized as error:
            raise self._degraded("sent more than can be a reply", "oversized") from error
        except _NETWORK as error:
            fault = faults.of_network(str(self), error, speaking=received)
            if fault.fault == "reset" and not last:
                raise _Stale from error
            if not draft.finish:
                raise fault from error
        if not draft.finish:
            raise self._unfinished(splitter, received=received)
        yield draft.completed(left)

    async def _read_bill(
        self, arriving: AsyncIterator[bytes], splitter: EventSplitter, draft: Draft
    ) -> None:
        """
        Read on for the token counts and the end, which also keeps the connection for the next.

        The words are whole by now, so nothing that goes wrong here matters any more.
        """
        with suppress(TimeoutError, Declined, Oversized, *_NETWORK):
            async with asyncio.timeout(_LAST_BYTE if draft.done else self._bill_within) as limit:
                async for data in arriving:
                    draft.take(splitter.feed(data))
                    if draft.done:
                        limit.reschedule(asyncio.get_running_loop().time() + _LAST_BYTE)

    async def _refuse_errors(self, response: httpx2.Response) -> None:
        """Judge an error before the client reads its body, which it does without a bound."""
        if response.status_code == httpx2.codes.OK:
            return
        error = faults.read_error(await _beginning(response))
        if response.status_code == httpx2.codes.BAD_REQUEST and faults.is_withheld(error):
            raise _Withheld
        raise faults.of_status(
            str(self), response.status_code, response.headers, error, secret=self._key
        )

    def _check_form(self, headers: httpx2.Headers) -> None:
        kind = headers.get("content-type", "")
        if "html" in kind:
            raise self._degraded("answered with a web page", "html")
        if "json" in kind and "stream" not in kind:
            raise self._degraded("answered without streaming", "not_a_stream")
        if headers.get("content-encoding", "identity") != "identity":
            raise self._degraded("compressed its stream without being asked", "encoded")

    def _unfinished(self, splitter: EventSplitter, *, received: bool) -> ProviderDegraded:
        if not received:
            return self._degraded("answered with nothing", "empty")
        if splitter.open:
            return self._degraded("ended in the middle of an event", "cut")
        return self._degraded("ended without a finish reason", "no_finish")

    def _degraded(self, what: str, fault: str) -> ProviderDegraded:
        return ProviderDegraded(f"{self} {what}.", fault=fault)


def _arriving(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """
    The body as it comes.

    Not `aiter_raw()`, which hands on the very same pieces: with fifty streams its cutting and
    counting was felt.
    """
    arriving = aiter(cast("AsyncIterable[bytes]", response.stream))
    assert isinstance(arriving, AsyncGenerator)  # noqa: S101 httpx2 wraps every stream in one
    return arriving


async def _beginning(response: httpx2.Response) -> bytes:
    """As much of an error's body as is worth reading."""
    body = b""
    async for data in response.aiter_raw():
        body += data
        if len(body) >= _ERROR_BYTES:
            break
    return body[:_ERROR_BYTES]
