"""`chatbot replay`: who served each message of a recorded stream, with a provider and without."""

import json
from pathlib import Path

from tests.commands import Terminal
from tests.fault_catalogue import fault_server
from tests.fault_scenarios import reply
from tests.fault_server import MODEL

# One user's messages wait for each other; who pauses begins a conversation.
MESSAGES = (
    {"i": 0, "t": 0, "user": "ann", "text": "what payment methods do you accept"},
    {"i": 1, "t": 5, "user": "ann", "text": "Where is my order?"},
    {"i": 2, "t": 9_000, "user": "ann", "text": "Which payment methods do you accept?"},
    {"i": 3, "t": 18_000, "user": "ann", "text": "What payment methods do you accept?"},
    {"i": 4, "t": 27_000, "user": "dan", "text": "Where is my order?"},
)


def rows(path: Path) -> dict[int, dict[str, object]]:
    return {row["i"]: row for row in map(json.loads, path.read_text("utf-8").splitlines())}


async def test_a_replay_shows_what_was_given_again_and_goes_on_where_it_stopped(
    terminal: Terminal, tmp_path: Path
) -> None:
    stream, out = tmp_path / "stream.jsonl", tmp_path / "rows.jsonl"
    async with fault_server() as provider:
        provider.default = reply("Cards and PayPal. [[payment-methods]]")
        reachable = {
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_API_KEY": "sk-made-up",
            "CHATBOT_MODEL": MODEL,
        }
        stream.write_text("\n".join(map(json.dumps, MESSAGES)), encoding="utf-8")
        words = ("replay", str(stream), "--out", str(out), "--json")
        ran = await terminal.run(*words, **reachable)
        assert ran.status == 0, ran.err
        found = rows(out)
        asked = len(provider.received)
        again = await terminal.run(*words, **reachable)
        assert len(provider.received) == asked, "nothing is played twice"
        without = tmp_path / "without.jsonl"
        ran_without = await terminal.run(
            *words[:2], "--cache", "off", "--out", str(without), **reachable
        )

    assert {i: row["served"] for i, row in found.items()} == {
        0: "model",
        1: "model",
        2: "semantic",
        3: "cache",
        4: "model",
    }
    assert [found[i]["from_i"] for i in (2, 3)] == [0, 0]
    assert found[2]["answer"] == found[0]["answer"] == "Cards and PayPal."
    assert ran.document["served"] == again.document["served"]
    assert again.document["messages"] == len(MESSAGES)
    assert ran_without.status == 0, ran_without.err
    assert {row["served"] for row in rows(without).values()} == {"model"}


async def test_without_a_provider_it_is_the_bank_or_a_person(
    terminal: Terminal, tmp_path: Path
) -> None:
    stream = tmp_path / "stream.jsonl"
    stream.write_text("\n".join(map(json.dumps, MESSAGES[:2])), encoding="utf-8")
    ran = await terminal.run_anew("replay", str(stream), "--json")

    assert ran.status == 0, ran.err
    assert sum(ran.document["served"].values()) == 2
    assert set(ran.document["served"]) <= {"bank", "handoff"}
