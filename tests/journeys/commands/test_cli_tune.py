"""`chatbot bank tune`: what it asks for, and what it refuses before it learns anything."""

import json
from pathlib import Path

from tests.commands import Terminal


async def test_it_wants_one_bank_to_learn_from(terminal: Terminal, tmp_path: Path) -> None:
    bank = tmp_path / "bank.jsonl"
    bank.write_text(json.dumps({"answer_id": "a", "questions": ["Hello?"], "answer": "Hi."}))
    for words in ((), ("--workspace", "demo", "--bank", str(bank))):
        ran = await terminal.run("bank", "tune", *words)
        assert ran.status == 2
        assert "either a --workspace or a --bank" in ran.err


async def test_a_workspace_that_is_not_there_is_named(terminal: Terminal) -> None:
    ran = await terminal.run_anew("bank", "tune", "--workspace", "elsewhere")
    assert ran.status == 1
    assert ran.err.strip() == "There is no workspace 'elsewhere'; there are demo."


async def test_a_bank_too_small_to_judge_is_refused_and_nothing_changes(
    terminal: Terminal, tmp_path: Path
) -> None:
    bank = tmp_path / "bank.jsonl"
    rows = (
        {
            "answer_id": str(place),
            "questions": [f"{place} {word}?" for word in "abcd"],
            "answer": ".",
        }
        for place in range(9)
    )
    bank.write_text("\n".join(map(json.dumps, rows)))
    ran = await terminal.run("bank", "tune", "--bank", str(bank))
    assert ran.status == 1
    assert "Only 9 phrasings can be held out, of 9 answers" in ran.err
    assert ran.err.rstrip().endswith("add phrasings first.")
    assert [path.name for path in (tmp_path / "tuned").iterdir()] == [".lock"]


async def test_a_kept_encoder_is_forgotten_unless_it_is_in_use(
    terminal: Terminal, tmp_path: Path
) -> None:
    kept = tmp_path / "tuned" / "abc"
    kept.mkdir(parents=True)
    (kept / "config.json").write_text("{}")
    (kept / "tuned.json").write_text("{}")
    used = await terminal.run("bank", "tune", "--forget", CHATBOT_ENCODER=str(kept))
    assert used.status == 1
    assert "still names a tuned encoder" in used.err
    assert kept.exists()
    ran = await terminal.run("bank", "tune", "--forget", "--json")
    assert ran.document == {"forgotten": 1}
    assert not kept.exists()
