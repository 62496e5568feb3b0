"""The command line, as a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.forking import WITHIN_S, Forks


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 JSON
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """Somebody at a terminal, with a data folder and a database."""

    data_dir: Path
    environment: Mapping[str, str]
    forks: Forks

    async def run(self, *words: str, stdin: str = "", **environment: str) -> Ran:
        """Run `chatbot` with *words*; whatever it is given, it shows no traceback."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            streams = [given.fileno(), out.fileno(), err.fileno()]
            async with asyncio.timeout(WITHIN_S):
                status = await self.forks.run(words, self._all(environment), streams)
            out.seek(0)
            err.seek(0)
            return _ended(status, out.read(), err.read())

    async def run_anew(self, *words: str, stdin: str = "", **environment: str) -> Ran:
        """The same as a program that imports for itself what it needs, and nothing before."""
        process = await self.start(*words, **environment)
        async with asyncio.timeout(WITHIN_S):
            out, err = await process.communicate(stdin.encode())
        return _ended(process.returncode or 0, out, err)

    async def start(self, *words: str, **environment: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "chatbot",
            *words,
            env=self._all(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    def _all(self, more: Mapping[str, str]) -> dict[str, str]:
        mine = {"CHATBOT_DATA_DIR": str(self.data_dir), **self.environment}
        return {**of_this_machine(), **mine, **more}


def of_this_machine() -> dict[str, str]:
    """What every program needs of the environment, and nothing that would set the chatbot."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def _ended(status: int, out: bytes, err: bytes) -> Ran:
    assert "Traceback" not in err.decode(), err.decode()
    return Ran(status, out.decode(), err.decode())
