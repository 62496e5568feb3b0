"""`chatbot migrate`."""

import asyncio

import click

from chatbot.assembly import open_store
from chatbot.settings import read_settings


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    asyncio.run(_migrate())
    click.echo("The schema is up to date.", err=True)


async def _migrate() -> None:
    async with open_store(read_settings(), migrate=True):
        pass
