"""Starts what a benchmark needs, each part in a process of its own, and reads what it used."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
_STARTED_WITHIN_S = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def provider() -> Iterator[str]:
    """The base URL of a provider of our own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.provider"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


class App:
    """The real application, running."""

    def __init__(self, base: str, pid: int, data: Path) -> None:
        self.base, self.pid, self.data = base, pid, data

    def cpu_s(self) -> float:
        """CPU seconds of the process so far."""
        return _cpu_of(self.pid)

    def database_cpu_s(self) -> float:
        """CPU seconds of its PostgreSQL, the children that ended included."""
        return sum(_cpu_of(pid, ended=True) for pid in self._database())

    def memory(self) -> int:
        """Bytes of the process that no other process shares."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        shares = {line.split(":")[0]: line.split() for line in lines[1:]}
        return sum(int(shares[name][1]) for name in ("Private_Clean", "Private_Dirty")) * 1024

    def _database(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it ended while we looked
            ours = str(self.data) in command and "postgres" in command.split("\0")[0]
            parent = int(stat.rpartition(")")[2].split()[1])
            if ours or parent in found:
                found.append(int(entry.name))
        return found


def _cpu_of(pid: int, *, ended: bool = False) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = int(fields[11]) + int(fields[12])
    return (own + (int(fields[13]) + int(fields[14]) if ended else 0)) / TICK


@contextmanager
def app(base_url: str, model: str, *, processes: int = 1, **environment: str) -> Iterator[App]:
    """The application with an embedded database, its encoder ready, on a free port."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = {
            "PORT": str(port),
            "CHATBOT_DATA_DIR": folder,
            "CHATBOT_DEMO": "1",
            "CHATBOT_MODEL": model,
            "OPENAI_BASE_URL": base_url,
            "OPENAI_API_KEY": "none",
            "CHATBOT_LIMITS_MESSAGES_PER_MINUTE": "100000",
            "CHATBOT_LIMITS_SESSIONS_PER_MINUTE": "100000",
            "CHATBOT_LIMITS_SOCKETS_PER_VISITOR": "1000",
            "CHATBOT_LIMITS_HEARTBEAT_S": "3600",  # the visitors of a benchmark answer no pings
            **environment,
        }
        log = Path(folder) / "bench.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "chatbot", "serve", "--processes", str(processes)],
                env=os.environ | settings,
                stdout=out,
                stderr=out,
            )
        try:
            _until_ready(base, process, log)
            yield App(base, process.pid, Path(folder))
        finally:
            process.terminate()
            process.wait(30)
            time.sleep(1.5)  # the embedded database ends just after the last application


def _until_ready(base: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{base}/readyz") as answer:
                if json.load(answer)["checks"]["encoder"] == "ok":
                    return
        except (urllib.error.URLError, ConnectionError):
            pass  # not listening yet
        time.sleep(0.2)
    raise RuntimeError(f"The application did not become ready:\n{log.read_text()[-3000:]}")


def run(module: str, *words: str, python: str = sys.executable) -> dict[str, Any]:
    """Run a program of this folder to its end; the last line it prints is its result."""
    command = [python, "-m", f"tests.load.{module}", *words]
    offline = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=offline)
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def chatters(base: str, many: int, *options: str) -> Iterator["Crowd"]:
    """Visitors with open sockets, waiting to be told to begin."""
    command = [sys.executable, "-m", "tests.load.chatters", base, str(many), *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield Crowd(process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(20)


class Crowd:
    """Visitors in a process of their own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self) -> dict[str, Any]:
        """Let them ask, and wait for what they measured."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
