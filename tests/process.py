"""The application as a process of its own, to be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import aiohttp

from tests.running import PATIENT, free_port

STARTED_WITHIN_S = 60.0


class AppProcess:
    """`chatbot serve`, which can be killed and started again on the same port and database."""

    def __init__(self, database_url: str, data_dir: Path, **environment: str) -> None:
        self.port = free_port()
        self._log = data_dir / "serve.log"
        self._environment = (
            {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
            | PATIENT
            | {
                "PORT": str(self.port),
                "CHATBOT_DATA_DIR": str(data_dir),
                "CHATBOT_DATABASE_URL": database_url,
            }
            | environment
        )
        self._process: asyncio.subprocess.Process | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "chatbot",
                "serve",
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(STARTED_WITHIN_S), aiohttp.ClientSession() as http:
            while not await self._answers(http):
                assert self._process.returncode is None, self._log.read_text()[-3000:]
                await asyncio.sleep(0.05)
        return self

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.base}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def kill(self) -> None:
        """SIGKILL: no handler, no farewell."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        """SIGTERM, and the exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, signum: int) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signum)
        return await self._process.wait()


@asynccontextmanager
async def app_process(
    database_url: str, data_dir: Path, **environment: str
) -> AsyncIterator[AppProcess]:
    app = AppProcess(database_url, data_dir, **environment)
    await app.start()
    try:
        yield app
    finally:
        await app.kill()
