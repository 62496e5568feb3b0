"""The whole application on a real port, in this process and on a database of the test's own."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chatbot.assembly import House, open_house
from chatbot.demo.loading import Installed, load_demo
from chatbot.http.app import make_app
from chatbot.http.office import Office
from chatbot.http.opening import open_office
from chatbot.http.server import DrainingServer, server_config
from chatbot.settings import Settings, read_settings
from tests.waiting import until

ENCODERS = Path(__file__).parents[1] / ".pytest_cache" / "encoders"
"""
Exported encoders, kept from run to run: an export takes seconds of a whole processor. Each is named
by the model and the pipeline that it belongs to, so that nothing stale can be found.
"""

PATIENT = {
    "CHATBOT_LIMITS_MESSAGES_PER_MINUTE": "10000",
    "CHATBOT_LIMITS_SESSIONS_PER_MINUTE": "10000",
}
"""Limits that a test's haste does not run into; tests of the limits set their own."""


@dataclass(frozen=True)
class RunningApp:
    """An application that accepts requests at `base`."""

    base: str
    house: House
    office: Office
    installed: Installed
    server: DrainingServer

    @property
    def password(self) -> dict[str, str]:
        """Password by role, one login of each."""
        return {login.role: login.password for login in self.installed.logins}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings_for(database_url: str, data_dir: Path, encoders: Path, **environment: str) -> Settings:
    """
    The settings of a test's application.

    Args:
        database_url: A migrated database.
        data_dir: Of its own.
        encoders: Where exported encoders are shared between tests.
        environment: What differs from the usual.
    """
    shared = data_dir / "encoders"
    if not shared.exists():
        encoders.mkdir(parents=True, exist_ok=True)
        shared.symlink_to(encoders)
    usual = {
        "PATH": os.environ["PATH"],
        "PORT": str(free_port()),
        "CHATBOT_DATABASE_URL": database_url,
        "CHATBOT_DATA_DIR": str(data_dir),
    }
    return read_settings(PATIENT | usual | environment)


@asynccontextmanager
async def running_app(
    database_url: str, data_dir: Path, encoders: Path, **environment: str
) -> AsyncIterator[RunningApp]:
    """Serve the demo company until the block ends; the arguments are those of `settings_for`."""
    settings = settings_for(database_url, data_dir, encoders, **environment)
    async with open_house(settings) as house:
        await house.encoder.wait()
        installed = await load_demo(house.store, house.keyring, house.clock, data_dir)
        async with open_office(house, installed) as office:
            ready = asyncio.Event()
            server = DrainingServer(
                server_config(make_app(office), settings), drain=office.drain, on_ready=ready.set
            )
            serving = asyncio.create_task(server.serve())
            waiting = asyncio.create_task(ready.wait())
            await asyncio.wait({serving, waiting}, return_when="FIRST_COMPLETED")
            if serving.done():
                serving.result()
            base = f"http://127.0.0.1:{settings.server.port}"
            try:
                async with house.store.directory() as directory:
                    home = await directory.workspace(slug=installed.workspace)
                # On a busy machine the first bank may take longer than a customer is kept waiting.
                await until(partial(house.bank.in_use, home.id), "there is a bank")
                yield RunningApp(base, house, office, installed, server)
            finally:
                await office.heart.close_all(4001)
                server.stop()
                await serving
