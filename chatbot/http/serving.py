"""
`chatbot serve`: one process, or several that share a Redis.

A command, and yet here: `chatbot.cli` and `chatbot.http` know nothing of each other.
"""

import asyncio
import gc
import os
import socket
import sys
from contextlib import nullcontext

import click

from chatbot.assembly import House, open_house, open_store, start_jobs
from chatbot.demo.loading import Installed, load_demo, remembered
from chatbot.errors import Misconfigured
from chatbot.http.app import make_app
from chatbot.http.opening import open_office
from chatbot.http.processes import supervise
from chatbot.http.server import DrainingServer, loop_factory, server_config
from chatbot.settings import Settings, read_settings
from chatbot.telemetry.logs import set_up_logs

_GARBAGE = 5_000
"""So many objects more than before, and Python looks for cycles. Turns make thousands at a time
that live for milliseconds, a hundred of them cycles. Looking after each seven hundred, as it does
by itself, cost a turn among fifty 1.2 ms; this costs 0.2."""


@click.command()
@click.option("--host", help="Address to listen on; HOST otherwise, then 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="PORT otherwise, then 8000.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--listener", type=int, hidden=True, help="Descriptor of a socket that listens.")
def serve(host: str | None, port: int | None, processes: int, listener: int | None) -> None:
    """Serve the widget, the console and the API."""
    set_up_logs()
    if host:
        os.environ["HOST"] = host
    if port is not None:
        os.environ["PORT"] = str(port)
    settings = read_settings()
    if processes > 1 and not settings.redis_url:
        raise Misconfigured(
            "More than one process needs CHATBOT_REDIS_URL: without it they cannot hear each other."
        )
    if processes > 1:
        asyncio.run(_prepare(settings))
        sys.exit(supervise(processes, settings.server.host, settings.server.port))
    inherited = None if listener is None else [socket.socket(fileno=listener)]
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(settings, inherited))


async def _prepare(settings: Settings) -> None:
    """Bring the database up and check it once, before several processes do."""
    async with open_store(settings):
        pass


async def _serve(settings: Settings, listeners: list[socket.socket] | None) -> None:
    alone = listeners is None
    async with open_house(settings) as house, start_jobs(house) if alone else nullcontext():
        installed = await _demo_for(house)
        async with open_office(house, installed) as office:

            def announce() -> None:
                click.echo(_greeting(settings, server, installed))

            server = DrainingServer(
                server_config(make_app(office), settings), drain=office.drain, on_ready=announce
            )
            # What was made until now stays: looking through it again and again for garbage took a
            # tenth of a second each time, in the middle of somebody's reply.
            gc.collect()
            gc.freeze()
            gc.set_threshold(_GARBAGE)
            await server.serve(sockets=listeners)


async def _demo_for(house: House) -> Installed | None:
    """The demo shop, if it is on: loaded by itself only into an empty embedded database."""
    if not house.settings.demo:
        return None
    async with house.store.directory() as directory:
        empty = not await directory.workspaces()
    data_dir = house.settings.data_dir
    if empty and not house.settings.database_url:
        click.echo("Loading the demo company …", err=True)
        return await load_demo(house.store, house.keyring, house.clock, data_dir)
    return remembered(data_dir)


def _greeting(settings: Settings, server: DrainingServer, installed: Installed | None) -> str:
    port = settings.server.port or server.servers[0].sockets[0].getsockname()[1]
    url = settings.server.public_url or f"http://{settings.server.host}:{port}"
    lines = [f"Listening on {url}"]
    if installed is not None:
        lines += [f"The demo shop:      {url}/", f"The team's console: {url}/console/", ""]
        lines.append(installed.described())
    return "\n".join(lines)
