"""
Chat Completions of OpenAI and of every server that speaks like it.

The `openai` client makes the request: address, key, headers, proxies, TLS. What comes back we
read ourselves, because the client takes a stream that was cut, that is empty or that is a web
page for a whole reply. Here a completion is whole when a finish reason was seen, and not before.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx2
import openai

from chatbot.adapters.providers import faults
from chatbot.adapters.providers.chunks import Assembly
from chatbot.adapters.providers.sse import EventSplitter, Oversized
from chatbot.domain.ask import CallPiece, Completed, CompletionRequest, PromptMessage, TextPiece
from chatbot.errors import Declined, Misconfigured, ProviderDegraded

_log = logging.getLogger(__name__)

OPENAI = "https://api.openai.com/v1"
_OURS = frozenset({"model", "messages", "stream", "stream_options", "tools"})
_ERROR_BYTES = 16_384
_LAST_BYTE = 0.05
"""Seconds between the end that the stream announces and the end of the response."""
_OPENAI_HOSTS = (".openai.com", ".openai.azure.com")
_NETWORK = (openai.APIConnectionError, httpx2.HTTPError, aiohttp.ClientError, OSError, ssl.SSLError)


class _Stale(Exception):
    """
    The connection was closed before anything came back.

    Mostly it was one that was kept from an earlier request, and the server closed it as it was
    taken up again; some do so right after they promised to keep it.
    """


class OpenAIChat:
    """
    A provider behind a Chat Completions address.

    One client and its connections are shared by all streams of this provider. Neither the
    client's retries nor its timeouts are on: the caller has deadlines, and ends a stream by
    closing it.
    """

    def __init__(
        self,
        name: str,
        model: str,
        api_key: str | None,
        base_url: str | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        bill_within: float = 1.0,
    ) -> None:
        """
        Args:
            name: What logs, screens and the call log call this provider.
            model: As the provider knows it.
            api_key: None for a server that asks for none.
            base_url: Address up to and without `/chat/completions`; None is OpenAI itself.
            options: Further fields of each request, for example `reasoning_effort`.
            bill_within: Seconds to wait for the token counts once the words are whole.

        Raises:
            Misconfigured: The address is not one, the key cannot be sent as a header, or an
                option is ours to decide.
        """
        self.name, self.model = name, model
        self._key = (api_key or "").strip()
        self._address = (base_url or OPENAI).rstrip("/")
        self._bill_within = bill_within
        parts = urlsplit(self._address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Misconfigured(
                f"The base URL of provider {name} is {self._address!r}; expected http(s)://host/…"
            )
        if not self._key.isascii() or not self._key.isprintable():
            raise Misconfigured(
                f"The API key of provider {name} has characters that cannot be sent as a header."
            )
        self._options = dict(options or {})
        if ours := sorted(self._options.keys() & _OURS):
            raise Misconfigured(
                f"The options of provider {name} set {ours[0]}, which every request decides itself."
            )
        self._is_openai = f".{parts.hostname}".endswith(_OPENAI_HOSTS)
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self._address,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(
                timeout=None,
                follow_redirects=False,
                event_hooks={"response": [self._refuse_errors]},
            ),
        )

    def __repr__(self) -> str:
        return f"<OpenAIChat {self.name} {self.model} at {self._address}>"

    async def close(self) -> None:
        """Hang up every connection."""
        await self._client.close()

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
            except _Stale:
                # As far as anybody can tell it was never sent: once more on a fresh connection.
                _log.info("%s closed a connection it had kept", self)

    async def _once(
        self, request: CompletionRequest, *, last: bool
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        assembly = Assembly(str(self), self.model, secret=self._key)
        splitter = EventSplitter()
        received = False
        try:
            async with self._client.chat.completions.with_streaming_response.create(
                **self._body(request),
                extra_headers={"Accept": "text/event-stream", "Accept-Encoding": "identity"},
            ) as response:
                self._check_form(response.headers)
                async with aclosing(response.http_response.aiter_raw()) as arriving:
                    async for data in arriving:
                        received = True
                        if (piece := assembly.take(splitter.feed(data))) is not None:
                            yield piece
                        if assembly.finish:
                            await self._read_bill(arriving, splitter, assembly)
                            break
        except Declined:
            raise
        except Oversized as error:
            raise self._degraded("sent an event that is too large", "oversized") from error
        except _NETWORK as error:
            fault = faults.of_network(str(self), error, speaking=received)
            if fault.fault == "reset" and not last:
                raise _Stale from error
            if not assembly.finish:
                raise fault from error
        if not assembly.finish:
            raise self._unfinished(splitter, received=received)
        yield assembly.completed()

    async def _read_bill(
        self, arriving: AsyncIterator[bytes], splitter: EventSplitter, assembly: Assembly
    ) -> None:
        """
        Read on for the token counts and the end, which also keeps the connection for the next.

        The words are whole by now, so nothing that goes wrong here matters any more.
        """
        with suppress(TimeoutError, Declined, Oversized, *_NETWORK):
            async with asyncio.timeout(_LAST_BYTE if assembly.done else self._bill_within) as limit:
                async for data in arriving:
                    assembly.take(splitter.feed(data))
                    if assembly.done:
                        limit.reschedule(asyncio.get_running_loop().time() + _LAST_BYTE)

    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        # As extra fields, the client sends these as they are: walking through every message and
        # schema to look for what it might rename took longer than all the rest of a request.
        plain: dict[str, Any] = {"messages": [_message(message) for message in request.messages]}
        if request.tools:
            plain["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                        "strict": True,
                    },
                }
                for tool in request.tools
            ]
        return {
            **self._decided(request),
            "extra_body": plain | self._options,
            "model": self.model,
            "messages": (),
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def _decided(self, request: CompletionRequest) -> dict[str, Any]:
        """Fields that an operator's options may overrule."""
        if self._is_openai:
            fields: dict[str, Any] = {
                "max_completion_tokens": request.max_output_tokens,
                "safety_identifier": request.user_hash,
                "store": False,
            }
            if request.tools:
                fields["parallel_tool_calls"] = False
        else:
            # The older names, which every compatible server understands.
            fields = {"max_tokens": request.max_output_tokens, "user": request.user_hash}
        if "max_completion_tokens" in self._options:
            fields.pop("max_tokens", None)  # a server takes one of the two
        return {name: value for name, value in fields.items() if name not in self._options}

    async def _refuse_errors(self, response: httpx2.Response) -> None:
        """Judge an error before the client reads its body, which it does without a bound."""
        if response.status_code == httpx2.codes.OK:
            return
        raise faults.of_status(
            str(self),
            response.status_code,
            response.headers,
            await _beginning(response),
            secret=self._key,
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

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"


def _message(message: PromptMessage) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        sent["content"] = message.text or None
        sent["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.calls
        ]
    if message.call_id is not None:
        sent["tool_call_id"] = message.call_id
    return sent


async def _beginning(response: httpx2.Response) -> bytes:
    """As much of an error's body as is worth reading."""
    body = b""
    async for data in response.aiter_raw():
        body += data
        if len(body) >= _ERROR_BYTES:
            break
    return body[:_ERROR_BYTES]
