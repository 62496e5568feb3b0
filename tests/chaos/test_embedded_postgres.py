"""The embedded PostgreSQL through crashes of everything around it, as root and as anybody."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from asyncpg.exceptions import InternalClientError

from chatbot.adapters.databases import reaper
from chatbot.adapters.databases.embedded import EmbeddedPostgres
from chatbot.errors import Misconfigured
from tests.waiting import until

APPLICATION = """
import sys
from pathlib import Path
from chatbot.adapters.databases.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), shelter=Path(sys.argv[2]))
print(server.start(), flush=True)
sys.stdin.read()
"""
ORDINARY = 1234  # a user id that nobody has
WALK = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

Launch = Callable[..., Awaitable[asyncio.subprocess.Process]]


def postgres_home(folder: Path) -> Path:
    return next(path.parent for path in folder.rglob(reaper.USERS_LOCK))


async def stopped(folder: Path) -> None:
    for path in list(folder.rglob(reaper.SERVER_LOCK)):
        with path.open("a") as lock:
            await until(lambda lock=lock: not reaper.taken(lock), "the server stopped")


@pytest.fixture
async def folder() -> AsyncIterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="chatbot-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    await stopped(path)
    shutil.rmtree(path)


@pytest.fixture
async def server(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    with closing(EmbeddedPostgres(folder / "data")) as server:
        yield server


@pytest.fixture
async def launch(folder: Path) -> AsyncIterator[Launch]:
    """Starts another application process; its first line is the URL of the database."""
    started = []

    async def start(*prefix: str, data: Path | None = None) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(*prefix, sys.executable, "-c", APPLICATION, data or folder / "data", folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def url_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    return (await process.stdout.readline()).decode().strip()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_the_application_owns_its_database_and_is_no_superuser(
    server: EmbeddedPostgres,
) -> None:
    url = server.start()
    powers = "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = 'app'"
    owner = "select pg_get_userbyid(datdba)::text from pg_database where datname = 'app'"
    assert await ask(url, powers) is False
    assert await ask(url, owner) == "app"
    assert await ask(url, "show listen_addresses") == ""


async def test_a_second_process_joins_and_the_first_may_leave(
    server: EmbeddedPostgres, launch: Launch
) -> None:
    await ask(server.start(), "create table kept as select 7 as n")
    second = await url_of(await launch())
    server.close()
    assert await ask(second, "select n from kept") == 7


async def test_the_server_stops_when_the_last_process_is_killed(
    folder: Path, launch: Launch
) -> None:
    first, second = await launch(), await launch()
    url = await url_of(first)
    assert await url_of(second) == url
    first.kill()
    assert await ask(url, "select 1") == 1
    second.kill()
    await stopped(folder)
    with pytest.raises(OSError, match=r"."):
        await ask(url, "select 1")


async def test_the_server_stops_when_all_that_is_ours_is_told_to_end(
    folder: Path, launch: Launch
) -> None:
    only = await launch()
    await url_of(only)
    watching = f"{reaper.__file__} {postgres_home(folder)}"
    ending = await asyncio.create_subprocess_exec("pkill", "-f", watching)
    assert await ending.wait() == 0, "somebody was on watch"
    await asyncio.sleep(0.2)  # so that it would have ended
    only.terminate()
    await stopped(folder)


async def test_a_first_start_killed_midway_is_begun_again(
    folder: Path, server: EmbeddedPostgres, launch: Launch
) -> None:
    process = await launch()
    half_made = folder / "data" / "postgres" / "18.new"
    await until(half_made.exists, "the first start is under way")
    process.kill()
    assert await ask(server.start(), "select 1") == 1
    assert not half_made.exists()


async def test_no_acknowledged_row_is_lost_when_the_server_is_killed(
    folder: Path, server: EmbeddedPostgres
) -> None:
    url = server.start()
    await ask(url, "create table kept (n int)")
    home = postgres_home(folder)
    writer, acknowledged = await asyncpg.connect(url), 0
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, InternalClientError):
        while acknowledged < 100_000:
            await writer.execute("insert into kept values ($1)", acknowledged)
            acknowledged += 1
            if acknowledged == 200:
                pid = reaper.postmaster(home / "18", home / "18")
                assert pid
                os.kill(pid, signal.SIGKILL)
    assert 200 <= acknowledged < 100_000
    writer.terminate()
    kept = await ask(server.start(), "select array_agg(n order by n) from kept")
    assert isinstance(kept, list)
    assert kept[:acknowledged] == list(range(acknowledged))


async def test_a_server_that_is_killed_comes_back_by_itself(
    folder: Path, server: EmbeddedPostgres, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.start()
    data = postgres_home(folder) / "18"
    killed = reaper.postmaster(data, data)
    assert killed
    os.kill(killed, signal.SIGKILL)
    await until(lambda: reaper.postmaster(data, data) not in {None, killed}, "another one answers")
    await until(lambda: reaper.state(data, data) == "ready", "it is ready")
    assert await ask(url, "select 1") == 1
    assert "starting it again" in caplog.text


async def test_a_dead_servers_number_that_another_program_got_stops_nobody(
    folder: Path, server: EmbeddedPostgres
) -> None:
    server.start()
    server.close()
    await stopped(folder)
    for name in ("postmaster.pid", f"{reaper.SOCKET}.lock"):
        (postgres_home(folder) / "18" / name).write_text(f"{os.getpid()}\n")
    assert await ask(server.start(), "select 1") == 1


async def test_a_path_too_long_for_a_socket_gets_a_short_private_one(folder: Path) -> None:
    with closing(EmbeddedPostgres(folder / ("long" * 30) / "data")) as server:
        url = server.start()
        assert await ask(url, "select 1") == 1
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
        assert sockets.stat().st_mode & 0o777 == 0o700
    await stopped(folder)
    await until(lambda: not sockets.exists(), "the short folder is gone")


async def test_data_of_another_major_version_is_left_alone(
    folder: Path, server: EmbeddedPostgres
) -> None:
    older = folder / "data" / "postgres" / "17"
    older.mkdir(parents=True)
    (older / "PG_VERSION").write_text("17\n")
    with pytest.raises(Misconfigured, match="holds data of PostgreSQL 17"):
        server.start()
    assert (older / "PG_VERSION").read_text() == "17\n"


async def test_a_folder_with_something_else_in_it_is_left_alone(
    folder: Path, server: EmbeddedPostgres
) -> None:
    other = folder / "data" / "postgres" / "18"
    other.mkdir(parents=True, mode=0o700)
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(Misconfigured, match="no whole PostgreSQL cluster"):
        server.start()
    assert (other / "thesis.txt").read_text() == "mine"


@as_root
async def test_an_ordinary_user_has_one_too(folder: Path, launch: Launch) -> None:
    home = folder / "data"
    home.mkdir()
    os.chown(home, ORDINARY, ORDINARY)
    become = (f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups")
    # The tests' own Python may lie where only root can walk.
    process = await launch("setpriv", *become, *WALK, "--securebits=+no_setuid_fixup")
    assert await ask(await url_of(process), "select 1") == 1
    assert (home / "postgres" / "18").stat().st_uid == ORDINARY


@as_root
async def test_root_works_in_a_folder_that_only_root_can_enter(
    folder: Path, launch: Launch
) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    process = await launch(data=private / "data")
    assert await ask(await url_of(process), "select 1") == 1
    assert private.stat().st_mode & 0o777 == 0o700


@as_root
async def test_root_without_the_capability_moves_to_the_shelter(
    folder: Path, launch: Launch
) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    powerless = ("--bounding-set=-dac_read_search", "--inh-caps=-dac_read_search")
    process = await launch("setpriv", *powerless, data=private / "data")
    assert await ask(await url_of(process), "select 1") == 1
    assert private not in postgres_home(folder).parents
