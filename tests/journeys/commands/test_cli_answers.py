"""`chatbot answers` and `chatbot user`, as programs of their own."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatbot.adapters.clock import SystemClock
from chatbot.safety.passwords import Passwords
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from tests.commands import Terminal

DEMO = ("--workspace", "demo")
NEW = {"answer_id": "lantern", "questions": ["Is the lantern bright?"], "answer": "Very."}


@pytest.fixture
async def store(demo_url: str) -> AsyncIterator[Store]:
    store = Store(open_engine(demo_url), SystemClock())
    yield store
    await store.close()


def write(path: Path, *rows: object) -> str:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


async def test_a_file_is_imported_once_however_often_it_is_given(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = write(tmp_path / "new.jsonl", NEW)
    first = await terminal.run_anew("answers", "import", file, *DEMO)
    again = await terminal.run("answers", "import", file, *DEMO, "--json")
    assert (first.status, first.out) == (0, "Answers: 1 new, 0 changed, 0 as before.\n")
    assert again.status == 0
    assert again.document == {"new": 0, "changed": 0, "unchanged": 1, "bad": [], "dry_run": False}


async def test_bad_rows_are_named_by_line_and_the_good_ones_load(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = write(tmp_path / "new.jsonl", "{", NEW, {"answer_id": "x"})
    ran = await terminal.run("answers", "import", file, *DEMO)
    assert ran.status == 1
    assert ran.out == "Answers: 1 new, 0 changed, 0 as before.\n"
    assert "new.jsonl, line 1: is not a JSON object" in ran.err
    assert "new.jsonl, line 3: questions and title are both missing" in ran.err
    assert "2 rows were refused: mend them and import the file again." in ran.err


async def test_a_dry_run_leaves_the_bank_alone(terminal: Terminal, tmp_path: Path) -> None:
    file = write(tmp_path / "new.jsonl", NEW)
    dry = await terminal.run("answers", "import", file, *DEMO, "--dry-run")
    wet = await terminal.run("answers", "import", file, *DEMO)
    assert dry.out == "Would be: 1 new, 0 changed, 0 as before.\n"
    assert wet.out == "Answers: 1 new, 0 changed, 0 as before.\n"


async def test_an_export_can_be_imported_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    await terminal.run("answers", "export", *DEMO, str(file))
    with file.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) > 60
    again = await terminal.run("answers", "import", str(file), *DEMO, "--json")
    assert (again.status, again.document["unchanged"]) == (0, len(rows))
    lines = (await terminal.run("answers", "export", *DEMO)).out.splitlines()
    assert [json.loads(line)["answer_id"] for line in lines] == [row["answer_id"] for row in rows]


async def test_a_folder_of_pages_is_shown_before_it_is_taken(
    terminal: Terminal, tmp_path: Path
) -> None:
    page = tmp_path / "lamps.md"
    page.write_text("# Lamps\n## Is it bright?\nVery. [More](more.md)\n", encoding="utf-8")
    (tmp_path / "old.md").write_bytes(b"\xe9t\xe9")
    at = ("--base-url", "https://help.example/")
    dry = await terminal.run("answers", "import", str(tmp_path), *DEMO, *at, "--dry-run", "--json")
    assert dry.status == 1
    assert [(one["kind"], one["title"], one["after"]) for one in dry.document["changes"]] == [
        ("new", "Is it bright?", "Very. [More](https://help.example/more.md)")
    ]
    wet = await terminal.run("answers", "import", str(tmp_path), *DEMO, *at)
    assert wet.out == "Answers: 1 new, 0 changed, 0 as before.\n"
    assert "old.md: is not a text in UTF-8" in wet.err
    page.write_text("# Lamps\n## Is it bright?\nRather.\n", encoding="utf-8")
    again = await terminal.run("answers", "import", str(page), *DEMO, "--dry-run")
    assert (again.status, again.out) == (0, "Would be: 0 new, 1 changed, 0 as before.\n")
    assert "-Very. [More](https://help.example/more.md)" in again.err
    assert "+Rather." in again.err


async def test_a_file_that_is_cut_in_the_middle_loads_its_whole_rows(
    terminal: Terminal, tmp_path: Path
) -> None:
    lines = tmp_path / "cut.jsonl"
    lines.write_text(json.dumps(NEW) + "\n" + json.dumps(NEW)[:30], encoding="utf-8")
    table = tmp_path / "cut.csv"
    table.write_text('answer_id,title,answer\nlamp,Lamp,On.\ncut,Cut,"Yes, wit', encoding="utf-8")
    first = await terminal.run("answers", "import", str(lines), *DEMO)
    second = await terminal.run("answers", "import", str(table), *DEMO)
    assert (first.status, first.out) == (1, "Answers: 1 new, 0 changed, 0 as before.\n")
    assert (second.status, second.out) == (1, "Answers: 1 new, 0 changed, 0 as before.\n")
    assert "cut.jsonl, line 2: is not a JSON object; was the file cut?" in first.err
    assert "cut.csv, line 3: ends the table: unexpected end of data." in second.err


async def test_a_file_that_breaks_in_the_middle_loads_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_bytes(json.dumps(NEW).encode() + b"\n" + b" " * 100_000 + b"\xff\n")
    ran = await terminal.run("answers", "import", str(file), *DEMO)
    assert (ran.status, ran.out) == (1, "")
    assert "cannot be read as UTF-8 text" in ran.err
    exported = await terminal.run("answers", "export", *DEMO)
    assert "lantern" not in exported.out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "cannot be read as UTF-8 text"),
        (b"question,reply\nx,y\n", "'answer_id' is not there"),
    ],
)
async def test_a_file_that_is_none_is_refused_in_a_sentence(
    terminal: Terminal, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "odd.csv"
    file.write_bytes(content)
    ran = await terminal.run("answers", "import", str(file), *DEMO)
    assert (ran.status, ran.out) == (1, "")
    assert sentence in ran.err


async def test_a_workspace_that_is_none_is_named_beside_those_there_are(
    terminal: Terminal,
) -> None:
    ran = await terminal.run("answers", "export", "--workspace", "dmeo")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "There is no workspace 'dmeo'; there are demo.\n"


async def test_a_new_person_can_sign_in_with_the_password_that_was_printed(
    terminal: Terminal, store: Store
) -> None:
    words = ("user", "add", "Ada@Example.com", "--role", "agent", *DEMO)
    ran = await terminal.run(*words, "--name", "Ada")
    assert ran.status == 0
    password = ran.out.strip()
    async with store.directory() as directory:
        found = await directory.user("ada@example.com")
    assert found is not None
    user, password_hash = found
    assert (user.name, user.role) == ("Ada", "agent")
    assert await Passwords().verify(password, password_hash)
    again = await terminal.run(*words)
    assert (again.status, again.out) == (1, "")
    assert "signs in as ada@example.com already" in again.err


async def test_a_password_can_come_from_stdin_and_is_not_shown(
    terminal: Terminal, store: Store
) -> None:
    words = ("user", "add", "b@example.com", "--role", "owner", *DEMO, "--password-stdin")
    ran = await terminal.run_anew(*words, stdin="correct horse battery\n")
    assert (ran.status, ran.out) == (0, "")
    assert "correct horse" not in ran.err
    async with store.directory() as directory:
        found = await directory.user("b@example.com")
    assert found is not None
    assert await Passwords().verify("correct horse battery", found[1])


@pytest.mark.parametrize(
    ("email", "role", "stdin", "sentence"),
    [
        ("nobody", "agent", "long enough it is\n", "is no email address"),
        ("a@example.com", "agent", "short\n", "A password has 12 to 256 characters."),
        ("a@example.com", "agent", "", "A password has 12 to 256 characters."),
        ("a@example.com", "boss", "long enough it is\n", "'boss' is not one of"),
    ],
)
async def test_a_wrong_person_is_refused_in_a_sentence(
    terminal: Terminal, store: Store, email: str, role: str, stdin: str, sentence: str
) -> None:
    words = ("user", "add", email, "--role", role, *DEMO, "--password-stdin")
    ran = await terminal.run(*words, stdin=stdin)
    assert ran.status != 0
    assert sentence in ran.err
    async with store.directory() as directory:
        assert await directory.user(email) is None
