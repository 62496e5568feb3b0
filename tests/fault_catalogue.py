"""Every way to treat a request that the fault server knows by name, and what must come of it."""

import json
from collections.abc import Iterable

from tests.fault_dialects import chunk
from tests.fault_scenarios import REPLY, bare, broken, carried, odd, page, refuse, reply
from tests.fault_server import Exchange, FaultServer, Scenario


async def _hang(exchange: Exchange) -> None:
    await exchange.hang()


async def _refuse_connection(exchange: Exchange) -> None:
    exchange.reset()


async def _endless(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.say("and so on " * 100)


async def _endless_comments(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.send(b": still thinking\n\n" * 4_000)


async def _endless_arguments(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.event(exchange.dialect.call("c1", "open_ticket"))
    piece = exchange.dialect.encode(exchange.dialect.arguments("x" * 60_000))
    while True:
        await exchange.send(piece)


async def _endless_error(exchange: Exchange) -> None:
    await exchange.head(500, "text/plain")
    while True:
        await exchange.send(b"x" * 65_536)


async def _json_reply(exchange: Exchange) -> None:
    body = {"choices": [{"index": 0, "message": {"content": REPLY}, "finish_reason": "stop"}]}
    await exchange.whole(200, json.dumps(body).encode())


async def _redirect(exchange: Exchange) -> None:
    await exchange.whole(301, b"", location="http://127.0.0.1:9/elsewhere")


def _late(events: list[bytes], place: int) -> Iterable[bytes]:
    """With words once more at that place, where nothing should be any more."""
    late = next(event for event in events if REPLY.encode() in event)
    events.insert(place, late.replace(REPLY.encode(), b"LATE"))
    return events


CARRIED: dict[str, Scenario] = {
    "plain": reply(),
    "no_done": carried(lambda events: events[:-1]),
    "one_body": carried(lambda events: [b"".join(events)]),
    "byte_by_byte": carried(lambda events: (bytes([b]) for b in b"".join(events))),
    "crlf": carried(lambda events: (event.replace(b"\n", b"\r\n") for event in events)),
    "comments": carried(lambda events: (b": hello\n\n" + event for event in events)),
    "named_events": carried(
        lambda events: (b"id: 7\nretry: 9\n" + event for event in events if event)
    ),
    "after_done": carried(lambda events: _late(events, len(events))),
    "after_finish": carried(lambda events: _late(events, len(events) - 1)),
    "wrong_usage": reply(usage={"prompt_tokens": -1, "completion_tokens": None, "total": "9"}),
    "wild_usage": reply(usage="nine"),
    "huge_usage": reply(usage={"prompt_tokens": 10**30, "completion_tokens": 10**30}),
}
"""Ways to carry the same reply that a client has to bear, whichever API it speaks."""

BEARABLE: dict[str, Scenario] = {
    **CARRIED,
    "empty_choices": odd({**chunk({}), "choices": []}, {**chunk({}), "choices": None}),
    "no_delta": odd({"id": "", "choices": [{"index": 0, "finish_reason": None}]}),
    "null_delta": odd(chunk(None), chunk({"content": None, "tool_calls": None})),
    "other_choice": odd({**chunk({}), "choices": [{"index": 1, "delta": {"content": "not this"}}]}),
    "unknown_fields": odd(chunk({"reasoning_content": "hm", "x": [1]}, surprise={"a": []})),
}
"""Odd, but whole: the customer gets `REPLY` and nothing else."""

FAULTS: dict[str, tuple[Scenario, str]] = {
    "no_finish": (broken(), "no_finish"),
    "cut_in_event": (broken(b'data: {"id":"c1","object":"chat.comp'), "cut"),
    "cut_in_chunked": (broken(then="cut"), "cut"),
    "reset": (broken(then="reset"), "cut"),
    "only_done": (bare(b"data: [DONE]\n\n"), "no_finish"),
    "empty_body": (bare(), "empty"),
    "comments_only": (bare(b": ping\n\n", b": ping\n\n"), "no_finish"),
    "html_200": (page(200), "html"),
    "json_200": (_json_reply, "not_a_stream"),
    "bad_json": (broken(b"data: {not json}\n\n"), "bad_json"),
    "deep_json": (broken(b'data: {"x":' + b"[" * 60_000 + b"\n\n"), "bad_json"),
    "bad_utf8": (
        broken(b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n'),
        "bad_utf8",
    ),
    "error_event": (
        broken(events=[{"error": {"message": "The server had an error", "code": None}}]),
        "error_event",
    ),
    "error_text": (broken(events=[{"error": "overloaded"}]), "error_event"),
    "error_limit": (
        broken(events=[{"error": {"message": "slow", "code": "rate_limit_exceeded"}}]),
        "rate_limited",
    ),
    "nested_error": (broken(events=[{"error": {"message": {"error": [1]}}}]), "error_event"),
    "wrong_content": (broken(events=[chunk({"content": 5})]), "wrong_types"),
    "wrong_delta": (broken(events=[chunk("text")]), "wrong_types"),
    "wrong_choices": (broken(events=[{"choices": 5}]), "wrong_types"),
    "wrong_chunk": (broken(events=[[1, 2]]), "wrong_types"),
    "big_event": (broken(b"data: " + b"x" * 300_000, b"\n\n"), "oversized"),
    "big_line": (broken(*[b"x" * 50_000] * 10), "oversized"),
    "endless": (_endless, "oversized"),
    "endless_comments": (_endless_comments, "oversized"),
    "endless_arguments": (_endless_arguments, "oversized"),
    "unasked_gzip": (bare(b"\x1f\x8b", encoding="gzip"), "encoded"),
    "500": (refuse(500), "server_error"),
    "502_html": (page(502), "server_error"),
    "503": (refuse(503, retry_after="7"), "server_error"),
    "endless_500": (_endless_error, "server_error"),
    "429": (refuse(429, "rate_limit_exceeded", retry_after="2"), "rate_limited"),
    "reset_at_once": (_refuse_connection, "reset"),
}
"""Each with the word that `ProviderDegraded` has for it."""

REFUSALS: dict[str, tuple[Scenario, str]] = {
    "401": (refuse(401, "invalid_api_key"), "unauthorized"),
    "402": (refuse(402), "no_quota"),
    "403": (refuse(403), "forbidden"),
    "404": (refuse(404, "model_not_found"), "unknown_model"),
    "429_quota": (refuse(429, "insufficient_quota"), "no_quota"),
    "400": (refuse(400, "invalid_request_error"), "bad_request"),
    "400_long": (refuse(400, "context_length_exceeded"), "context_too_long"),
    "400_long_words": (refuse(400, message="exceeds the context length"), "context_too_long"),
    "301": (_redirect, "redirected"),
    "quota_event": (
        broken(events=[{"error": {"message": "quota", "code": "insufficient_quota"}}]),
        "no_quota",
    ),
}
"""Each with the word that `ProviderRefused` has for it."""

WITHHELD: dict[str, Scenario] = {
    "filtered": reply("Returns ", finish="content_filter"),
    "filtered_400": refuse(400, "content_filter", "flagged"),
    "flagged_400": refuse(400, "invalid_prompt", "flagged"),
    "filtered_midway": broken(events=[{"error": {"message": "x", "code": "content_filter"}}]),
}
"""Ends that a filter made: nobody's fault, and no reply."""


SCENARIOS: dict[str, Scenario] = {
    **BEARABLE,
    **WITHHELD,
    **{name: scenario for name, (scenario, _) in (FAULTS | REFUSALS).items()},
    "hang": _hang,
    "stall": broken(then="hang"),
}


def fault_server() -> FaultServer:
    """A server with the whole catalogue, which replies plainly unless told otherwise."""
    return FaultServer(scenarios=SCENARIOS, default=reply())
