"""`chatbot demo`."""

import asyncio

import click
import msgspec

from chatbot.adapters.clock import SystemClock
from chatbot.assembly import open_store
from chatbot.demo.loading import Installed, load_demo
from chatbot.safety.keys import Keyring, load_secrets
from chatbot.settings import read_settings


@click.command()
@click.option("--reset", is_flag=True, help="Take away the one that is there, then load it anew.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def demo(*, reset: bool, as_json: bool) -> None:
    """Load the demo company as workspace `demo`."""
    installed = asyncio.run(_load(reset=reset))
    if as_json:
        click.echo(msgspec.json.encode(installed))
    else:
        click.echo(installed.described())


async def _load(*, reset: bool) -> Installed:
    settings = read_settings()
    async with open_store(settings) as store:
        keyring = Keyring(load_secrets(settings.secret_keys, settings.data_dir))
        return await load_demo(store, keyring, SystemClock(), settings.data_dir, reset=reset)
