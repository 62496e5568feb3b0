"""Opens and closes what the handlers of a process share."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chatbot.assembly import House
from chatbot.customers.welcome import ADOPTED
from chatbot.demo.loading import Installed
from chatbot.errors import Unavailable
from chatbot.http.heart import Heart
from chatbot.http.networks import Networks
from chatbot.http.office import ConversationIds, Office, derived_key
from chatbot.http.sites import Sites

_log = logging.getLogger(__name__)

WARMING = "Is anybody there?"
RISK = 0.02
"""Any question at any risk makes the bank."""


@asynccontextmanager
async def open_office(house: House, installed: Installed | None = None) -> AsyncGenerator[Office]:
    """
    The office over an open house, its heart beating and its runner sweeping.

    Args:
        installed: The demo shop that `GET /` shows; None where the demo is off.
    """
    settings, stable = house.settings, house.secrets[-1]
    office = Office(
        house=house,
        heart=Heart(settings.limits, house.clock, house.store),
        sites=Sites(house.store, house.clock, _own_origins(house)),
        conversation_ids=ConversationIds(derived_key(stable, "conversation ids")),
        networks=Networks(derived_key(stable, "networks")),
        installed=installed,
    )
    await house.runner.start()
    ear = await house.desk.bus.hear(ADOPTED, office.heart.let_go_of)
    tasks = (
        asyncio.create_task(office.heart.beat_for_ever(), name="heartbeat"),
        asyncio.create_task(warm(house), name="warm the banks"),
    )
    try:
        yield office
    finally:
        ear.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.runner.drain(0.5)


async def warm(house: House) -> None:
    """Make the banks before the first customer asks: by wording at once, by meaning when it can."""
    try:
        async with house.store.directory() as directory:
            workspaces = await directory.workspaces()
        for workspace in workspaces:
            try:
                await house.bank.match(workspace.id, workspace.bank_version, WARMING, RISK)
            except Unavailable:
                _log.warning("the bank of %s is late: whoever asks first waits", workspace.id)
        await house.encoder.wait()
        for workspace in workspaces:
            house.bank.refresh(workspace.id)
    except Unavailable as error:
        _log.warning("the banks are made when they are asked: %s", error)


def _own_origins(house: House) -> list[str]:
    """Our own pages, by every name that this machine calls itself."""
    settings = house.settings
    port = settings.server.port
    names = ("127.0.0.1", "localhost")
    return [settings.public_url, *(f"http://{name}:{port}" for name in names)]
