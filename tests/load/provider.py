"""The local provider of the benchmarks, to be run in a process of its own."""

import asyncio

from tests.fault_scenarios import flood, paced, reply
from tests.fault_server import FaultServer

SCENARIOS = {
    "first-token": paced(4, 100, first_after=0.3),
    "streams": paced(200, 20, first_after=0.3),
    "flood": flood(1_000, at_once=1),
    "at-once": reply("Returns ", "are free ", "within 45 days."),
}


async def serve() -> None:
    server = FaultServer(SCENARIOS, SCENARIOS["at-once"])
    async with server:
        print(server.base_url, flush=True)  # the parent reads it
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
