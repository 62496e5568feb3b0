"""`chatbot drill`: what customers would see if every model failed now."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click
import msgspec

from chatbot.adapters.providers.faulty import FAULTS, FaultyProvider
from chatbot.assembly import open_house
from chatbot.cli.ask import get_ready, printable
from chatbot.cli.drilling import Seen, ask, copied, known
from chatbot.cli.workspaces import workspace_named
from chatbot.ports import Provider
from chatbot.settings import read_settings

UNKNOWN = "My grandmother's parrot ate the left glove of my spare set. What now?"
"""A question that no company has a saved answer to."""

_NEVER = 1_000_000
"""Failures after which a model is set aside: each fault meets models that nobody suspects."""


@click.command()
@click.option("--workspace", default="demo", show_default=True, help="Name of the workspace.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    type=click.Choice(list(FAULTS)),
    help="Only this one; may be given several times.",
)
@click.option("--question", help="Asked in place of one with and one without a saved answer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def drill(workspace: str, faults: tuple[str, ...], question: str | None, *, as_json: bool) -> None:
    """
    Play every fault of a model to a copy of a workspace, through the real ladder.

    The exit status is 1 if any customer would have been let down: no reply or truthful handoff
    within ten seconds, half an answer shown as final, or a claim that is not so. The copy is gone
    afterwards; customers, agents and figures of the workspace see nothing of it, and no request
    goes to a provider.
    """
    chosen = [name for name in FAULTS if name in faults or not faults]
    seen = asyncio.run(_drill(workspace, chosen, question, quiet=as_json))
    held = not any(one.problems for one in seen)
    if as_json:
        document = {"held": held, "seen": [asdict(one) for one in seen]}
        print(json.dumps(document, ensure_ascii=False))
    else:
        print("The promise held." if held else "The promise was broken.")
    if not held:
        sys.exit(1)


async def _drill(
    slug: str, faults: Sequence[str], question: str | None, *, quiet: bool
) -> list[Seen]:
    settings = read_settings()
    settings = msgspec.structs.replace(
        settings,
        redis_url="",  # serving processes hear nothing of it, least of all that models fail
        breaker=msgspec.structs.replace(settings.breaker, failures=_NEVER),
    )
    faulty: list[FaultyProvider] = []

    def around(configured: Sequence[Provider]) -> Sequence[Provider]:
        faulty.extend(map(FaultyProvider, configured or (None,)))
        return faulty

    seen: list[Seen] = []
    # Without the cache: it would give the reply to one fault again at the next.
    async with open_house(settings, cached=False, around=around) as house:
        house.desk.incidents.note_nothing()
        original = await workspace_named(house.store, slug)
        await get_ready(house, original, UNKNOWN)
        async with copied(house, original) as home:
            await get_ready(house, home, UNKNOWN)
            questions = [question] if question else [*await known(house, home), UNKNOWN]
            await house.runner.start()
            try:
                for fault in faults:
                    for words in questions:
                        one = await ask(house, faulty, home, fault, words)
                        seen.append(one)
                        if not quiet:
                            _show(one)
            finally:
                await house.runner.drain(0.5)
    return seen


def _show(one: Seen) -> None:
    took = "–" if one.latency_ms is None else f"{one.latency_ms} ms"
    sign = "" if one.first_sign_ms is None else f", first sign after {one.first_sign_ms} ms"
    lines = [
        f"{one.fault}: {FAULTS[one.fault].words}",
        f"  Asked:    {one.question}",
        f"  Answered: {one.rung or 'nothing'} in {took}{sign}, {one.resets} withdrawn",
        f"  Read:     {' '.join(one.text.split())}",
        *(f"  Notice:   {notice}" for notice in one.notices),
        *(f"  BROKEN:   {problem}" for problem in one.problems),
    ]
    print(printable("\n".join(lines)) + "\n", flush=True)
