"""`chatbot worker`."""

import asyncio
import signal

import click

from chatbot.assembly import open_house, start_jobs
from chatbot.settings import Settings, read_settings
from chatbot.telemetry.logs import set_up_logs


@click.command()
def worker() -> None:
    """
    Run background jobs, and take up turns whose process died.

    A single `chatbot serve` does this too; several need one worker at least.
    """
    set_up_logs()
    asyncio.run(_work(read_settings()))


async def _work(settings: Settings) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, ending.set)
    async with open_house(settings) as house, start_jobs(house):
        await house.runner.start()
        click.echo("Working; end it with Ctrl-C.", err=True)
        await ending.wait()
        await house.runner.drain(settings.limits.drain_s)
