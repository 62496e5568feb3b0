"""`chatbot doctor`, `ask` and `worker`, as processes of their own, most of them forked."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tests.commands import Ran, Terminal
from tests.fault_catalogue import fault_server
from tests.fault_server import MODEL

KNOWN = "what are your opening hours in Galway"


def found(ran: Ran) -> dict[str, dict[str, Any]]:
    """What the doctor found, by the name of the check."""
    return {check["name"]: check for check in ran.document["checks"]}


async def test_a_sound_installation_is_found_sound(terminal: Terminal) -> None:
    ran = await terminal.run_anew("doctor", "--json")
    assert ran.status == 0, ran
    assert ran.document["ok"] is True
    assert {check["state"] for check in ran.document["checks"]} <= {"ok", "note"}
    assert set(found(ran)) >= {
        "settings",
        "data folder",
        "database",
        "database role",
        "schema",
        "jobs",
        "redis",
        "encoder",
        "provider",
        "widget",
        "open files",
    }


async def test_a_role_that_row_security_does_not_hold_is_wrong(
    terminal: Terminal, postgres_url: str, demo_url: str
) -> None:
    powerful = urlsplit(postgres_url)._replace(path=urlsplit(demo_url).path).geturl()
    ran = await terminal.run("doctor", CHATBOT_DATABASE_URL=powerful)
    assert ran.status == 1
    assert "WRONG database role" in ran.out
    assert "NOSUPERUSER NOBYPASSRLS" in ran.out


async def test_a_schema_that_is_not_ours_is_wrong(
    terminal: Terminal, empty_database_url: str
) -> None:
    ran = await terminal.run("doctor", "--json", CHATBOT_DATABASE_URL=empty_database_url)
    assert ran.status == 1
    assert found(ran)["schema"]["remedy"] == "run `chatbot migrate`"


async def test_secrets_that_others_can_read_are_wrong(terminal: Terminal) -> None:
    (terminal.data_dir / "secret_keys").chmod(0o644)
    ran = await terminal.run("doctor", "--json")
    assert found(ran)["secrets"]["state"] == "wrong"
    assert found(ran)["secrets"]["remedy"].startswith("chmod 600")


@pytest.mark.parametrize(
    ("name", "value", "check", "sentence"),
    [
        ("PORT", "eighty", "settings", "PORT reads 'eighty'"),
        ("CHATBOT_LIMITS_FRAME_BYTES", "0", "settings", "CHATBOT_LIMITS_FRAME_BYTES reads '0'"),
        ("CHATBOT_DATABASE_URL", "mysql://x", "settings", "CHATBOT_DATABASE_URL must begin with"),
        ("CHATBOT_DATABASE_URL", "postgresql://h:p/x", "database", "no address of a database"),
        ("CHATBOT_DATABASE_URL", "postgresql://127.0.0.1:1/x", "database", "does not answer"),
        ("CHATBOT_REDIS_URL", "redis://127.0.0.1:1", "redis", "Redis does not answer"),
        ("CHATBOT_ENCODER", "/nowhere", "encoder", "which does not exist"),
        ("CHATBOT_DATA_DIR", "/proc/nowhere", "data folder", "cannot be written to"),
    ],
)
async def test_what_is_wrong_is_named_with_what_was_read(
    terminal: Terminal, name: str, value: str, check: str, sentence: str
) -> None:
    ran = await terminal.run("doctor", "--json", **{name: value})
    assert (ran.status, ran.document["ok"]) == (1, False)
    assert found(ran)[check]["state"] == "wrong"
    assert sentence in found(ran)[check]["words"]


async def test_a_database_that_does_not_let_us_in_is_said_to_whoever_begins(
    terminal: Terminal, demo_url: str
) -> None:
    missing = urlsplit(demo_url)._replace(path="/nowhere").geturl()
    for words in (("doctor",), ("answers", "export", "--workspace", "demo")):
        ran = await terminal.run(*words, CHATBOT_DATABASE_URL=missing)
        assert ran.status == 1
        assert "does not let us in" in ran.out + ran.err


@asynccontextmanager
async def models(*names: str, status: int = 200, revoked: str = "") -> AsyncIterator[str]:
    """The base URL of a server that lists models and knows nothing else, but a *revoked* key."""

    async def listed(asked: web.Request) -> web.Response:
        if revoked and asked.headers["authorization"] == f"Bearer {revoked}":
            return web.json_response({"error": {"code": "invalid_api_key"}}, status=401)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in names]
        return web.json_response({"object": "list", "data": data}, status=status)

    app = web.Application()
    app.router.add_get("/v1/models", listed)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("listed", "status", "state", "sentence"),
    [
        (("small", "large"), 200, "ok", "It answers and has small."),
        (("large",), 200, "note", "does not list the model small; it lists large."),
        ((), 401, "wrong", "does not accept the API key"),
        ((), 404, "note", "does not say whether it has small"),
        ((), 500, "wrong", "answers with status 500"),
    ],
)
async def test_a_provider_is_asked_for_its_models(
    terminal: Terminal, listed: tuple[str, ...], status: int, state: str, sentence: str
) -> None:
    async with models(*listed, status=status) as base:
        ran = await terminal.run(
            "doctor",
            "--json",
            OPENAI_BASE_URL=base,
            OPENAI_API_KEY="sk-secret-1",
            CHATBOT_MODEL="small",
        )
    check = found(ran)["provider openai"]
    assert check["state"] == state
    assert sentence in check["words"]
    assert "sk-secret-1" not in ran.out + ran.err


async def test_each_key_of_each_provider_is_tried(terminal: Terminal) -> None:
    new, old = "sk-made-up-new-1111", "sk-made-up-old-2222"
    async with models("small", revoked=old) as base:
        ran = await terminal.run(
            "doctor",
            "--json",
            OPENAI_BASE_URL=base,
            OPENAI_API_KEY=f"{new},{old}",
            CHATBOT_MODEL="small",
            CHATBOT_ALTERNATIVE_MODEL="large",
            CHATBOT_ALTERNATIVE_API_KEY=new,
        )
    checks = found(ran)
    assert checks["provider openai, key 1 (…1111)"]["state"] == "ok"
    assert checks["provider openai, key 2 (…2222)"]["state"] == "wrong"
    assert checks["provider openai, key 2 (…2222)"]["remedy"].startswith("correct OPENAI_API_KEY")
    assert "does not list the model large" in checks["provider alternative"]["words"]
    assert checks["route"]["words"].startswith("openai is asked first, alternative when")
    assert new not in ran.out + ran.err
    assert old not in ran.out + ran.err


async def test_a_route_to_nobody_is_found_before_anything_starts(terminal: Terminal) -> None:
    ran = await terminal.run("doctor", "--json", CHATBOT_ROUTES_PRIMARY="nobody")
    assert found(ran)["settings"]["state"] == "wrong"
    assert "[routes] names 'nobody' as primary" in found(ran)["settings"]["words"]


async def test_a_probe_asks_the_model_something(terminal: Terminal) -> None:
    async with fault_server() as server:
        ran = await terminal.run(
            "doctor", "--json", "--probe", OPENAI_BASE_URL=server.base_url, CHATBOT_MODEL=MODEL
        )
    assert found(ran)["provider openai"]["words"] == f"{MODEL} answered."


async def test_a_question_in_the_terminal_gets_the_saved_answer_with_its_source(
    terminal: Terminal,
) -> None:
    ran = await terminal.run_anew("ask", KNOWN, "--json")
    assert ran.status == 0, ran
    reply = ran.document
    assert "Galway" in reply["text"]
    assert reply["rung"] == "answer_bank"
    assert reply["source"]["answers"][0]["id"] == "shop-hours"
    assert (reply["ticket"], reply["cost_usd"]) == (None, 0)
    assert reply["tokens"] == {"input": 0, "cached": 0, "output": 0}
    assert reply["latency_ms"] > 0


async def test_a_command_leaves_nothing_at_home(terminal: Terminal, tmp_path: Path) -> None:
    """Also a forked one, whose encoder is loaded after the fork, and whose maker counts loads."""
    home = tmp_path / "home"
    home.mkdir()
    ran = await terminal.run("ask", KNOWN, "--json", HOME=str(home))
    assert ran.document["rung"] == "answer_bank"
    assert list(home.rglob("*")) == []


async def test_a_person_reads_the_reply_and_then_where_it_came_from(terminal: Terminal) -> None:
    ran = await terminal.run("ask", "xyzzy plugh zorkmid")
    assert ran.status == 0, ran
    told, after = ran.out.split("\n\n", 1)
    assert "Your ticket is **#" in told
    assert "Rung:     handoff" in after
    assert "Ticket:   #" in after


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ask", ""), "TEXT has 0 characters"),
        (("ask", "x" * 4001), "TEXT has 4,001 characters; 1 to 4,000 are taken."),
        (("ask", "Hello?", "--customer", "nobody"), "There is no customer nobody."),
        (("ask", "Hello?", "--workspace", "x"), "There is no workspace 'x'; there are demo."),
    ],
)
async def test_a_question_that_cannot_be_asked_is_refused_in_a_sentence(
    terminal: Terminal, words: tuple[str, ...], sentence: str
) -> None:
    ran = await terminal.run(*words, "--json", "--no-wait")
    assert (ran.status, ran.out) == (1, "")
    assert sentence in ran.err


async def test_a_worker_works_until_it_is_asked_to_end(terminal: Terminal) -> None:
    process = await terminal.start("worker")
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while line := await process.stderr.readline():
            if b"Working" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_nothing_is_left_behind_by_a_command_that_was_refused(
    terminal: Terminal, tmp_path: Path
) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    ran = await terminal.run_anew("ask", "Hello?", PORT="x")
    assert ran.status == 1
    assert json.dumps(before) == json.dumps(sorted(path.name for path in tmp_path.iterdir()))
