"""`chatbot drill`, as a program of its own."""

from tests.commands import Terminal
from tests.fault_scenarios import reply
from tests.fault_server import FaultServer

QUICK = {"CHATBOT_DEADLINES_FIRST_TOKEN_S": "1", "CHATBOT_DEADLINES_GAP_S": "1"}


async def test_a_drill_plays_every_fault_and_leaves_nothing_behind(terminal: Terminal) -> None:
    ran = await terminal.run("drill", "--json", **QUICK)
    assert ran.status == 0, ran.out + ran.err
    document = ran.document
    assert document["held"] is True
    known = document["seen"][0]["question"]
    seen = {(one["fault"], one["question"] == known): one for one in document["seen"]}
    assert len({fault for fault, _ in seen}) == 14
    assert len(seen) == 28
    handed_off = seen["500", False]
    assert handed_off["rung"] == "handoff"
    assert handed_off["queued"] is True
    assert f"#{handed_off['ticket']}" in handed_off["text"]
    assert seen["500", True]["rung"] == "answer_bank"
    assert seen["cut", False]["resets"] >= 1
    assert seen["content-filter", False]["rung"] == "model"
    assert seen["bad-tool-call", False]["queued"] is False, "the model is well"

    again = await terminal.run("drill", "--workspace", "nobody-s", "--json")
    assert again.status == 1
    assert "there are demo." in again.err, "the copy is gone"


async def test_a_drill_asks_no_provider_and_says_what_a_customer_would_read(
    terminal: Terminal,
) -> None:
    async with FaultServer({}, reply("From the real one.")) as provider:
        ran = await terminal.run_anew(
            *("drill", "--fault", "quota", "--question", "Where is my unicorn?"),
            OPENAI_BASE_URL=provider.base_url,
            OPENAI_API_KEY="sk-made-up",
        )
        assert provider.received == []
    assert ran.status == 0
    assert "quota: no quota left" in ran.out
    assert "Answered: handoff in" in ran.out
    assert ran.out.rstrip().endswith("The promise held.")
