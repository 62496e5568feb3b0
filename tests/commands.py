"""The command line, as a program of its own."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WITHIN_S = 120.0


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

    async def run(self, *words: str, stdin: str = "", **environment: str) -> Ran:
        """Run `chatbot` with *words*; whatever it is given, it shows no traceback."""
        process = await self.start(*words, **environment)
        async with asyncio.timeout(WITHIN_S):
            out, err = await process.communicate(stdin.encode())
        assert "Traceback" not in err.decode(), err.decode()
        return Ran(process.returncode or 0, out.decode(), err.decode())

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
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, "CHATBOT_DATA_DIR": str(self.data_dir), **self.environment, **more}
