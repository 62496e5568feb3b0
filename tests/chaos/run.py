"""
`make chaos`: thousands of turns while the providers do everything that providers do.

Each fault alone, first in every request and then in a third of them; then mixtures, an
alternative that is ill as well, and providers that flap. Whatever happens, each turn has to end
with a reply or a truthful handoff, and nothing that was final may be half or untrue.
"""

import argparse
import asyncio
import json
import random
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator

from tests.chaos.customers import PROMISE_S, Report, ask_all, until_well
from tests.chaos.misbehaving import FAULTS, HAPPENINGS, Misbehaving, Mood
from tests.fault_server import FaultServer
from tests.load.stage import App, app

AT_ONCE = 20
WELL = Mood("well", (), 0.0)


def moods() -> Iterator[tuple[Mood, Mood]]:
    """What the primary and the alternative do, one pair after the other."""
    for name in sorted(FAULTS):
        yield Mood(f"only {name}", (name,), 1.0), Mood(f"only {name}", (name,), 1.0)
        yield Mood(f"a third {name}", (name,), 0.34), WELL
    every = tuple(sorted(HAPPENINGS))
    for share in (0.1, 0.3, 0.6, 0.9):
        yield Mood(f"mixed {share}", every, share), WELL
        yield Mood(f"mixed {share}", every, share), Mood(f"mixed {share}", every, share)
    for seconds in (1.0, 3.0, 8.0):
        flapping = Mood(f"flaps every {seconds:g} s", every, 0.9, flaps_s=seconds)
        yield flapping, WELL
        yield flapping, flapping


async def play(
    running: App, primary: FaultServer, other: FaultServer, turns: int, seed: int
) -> int:
    """Run through all moods; the number of turns that went wrong."""
    saved = _saved(running)
    pairs, total, met = list(moods()), Report(), Counter[str]()
    for place, (mine, theirs) in enumerate(pairs):
        chance = random.Random(seed * 1000 + place)  # noqa: S311 repeatable, not secret
        ill = Misbehaving(mine, chance), Misbehaving(theirs, chance)
        primary.default = other.default = Misbehaving(WELL, chance)
        await until_well(running.base)
        primary.default, other.default = ill
        report = await ask_all(
            running.base, -(-turns // len(pairs)), at_once=AT_ONCE, saved=saved, seed=seed + place
        )
        total.turns += report.turns
        met.update(ill[0].met)
        met.update(ill[1].met)
        _tell(f"{place + 1}/{len(pairs)} {mine.name} | {theirs.name}", report)
    lying = _untrue(running, total)
    _tell("all", total)
    print(f"{len(met)} faults met, {sum(met.values())} times; tickets that are not: {lying}")
    if missing := sorted(HAPPENINGS.keys() - met.keys()):
        print(f"never met: {', '.join(missing)}")
    return sum(total.wrong.values()) + lying + (total.at(0.95) > PROMISE_S / 2)


def _tell(name: str, report: Report) -> None:
    rungs = ", ".join(f"{rung} {count}" for rung, count in report.rungs.most_common())
    wrong = ", ".join(f"{word} {count}" for word, count in report.wrong.items()) or "nothing"
    firsts = sorted(turn.first_s for turn in report.turns)
    print(
        f"{name}: {len(report.turns)} turns; {rungs}; first sign p95 "
        f"{firsts[int(0.95 * (len(firsts) - 1))]:.2f} s; whole p50 {report.at(0.5):.2f} p95 "
        f"{report.at(0.95):.2f} max {report.at(1.0):.2f} s; wrong: {wrong}",
        flush=True,
    )
    for turn in [turn for turn in report.turns if turn.wrong][:3]:
        print(f"    {turn.wrong} after {turn.took_s:.1f} s by {turn.rung}: {turn.words[:200]!r}")


def _untrue(running: App, report: Report) -> int:
    """Handoffs whose ticket is not of their conversation."""
    tickets = {
        (ticket["conversation"], f"#{ticket['number']}") for ticket in _listed(running, "tickets")
    }
    return sum(
        not any(held == turn.conversation and number in turn.words for held, number in tickets)
        for turn in report.turns
        if turn.rung == "handoff"
    )


def _saved(running: App) -> list[str]:
    return [answer["answer"] for answer in _listed(running, "answers")]


def _listed(running: App, what: str) -> list[dict[str, str]]:
    """Every item of a list of the HTTP API."""
    key = json.loads((running.data / "demo.json").read_text())["api_key"]
    items: list[dict[str, str]] = []
    cursor = ""
    while cursor is not None:
        request = urllib.request.Request(
            f"{running.base}/api/v1/{what}?limit=100{cursor and f'&cursor={cursor}'}",
            headers={"Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        items += page["items"]
        cursor = page["next"]
    return items


async def run(turns: int, seed: int) -> int:
    well = Misbehaving(WELL, random.Random(seed))  # noqa: S311 repeatable
    async with FaultServer({}, well) as primary, FaultServer({}, well) as other:
        environment = {
            "CHATBOT_ALTERNATIVE_BASE_URL": other.base_url,
            "CHATBOT_ALTERNATIVE_MODEL": "other",
            "CHATBOT_LIMITS_API_REQUESTS_PER_MINUTE": "100000",
            "CHATBOT_BREAKER_PROBE_EVERY_S": "0.5",  # so that each mood meets an open door
        }
        stage = app(primary.base_url, "primary", **environment)
        running = await asyncio.to_thread(stage.__enter__)
        try:
            return await play(running, primary, other, turns, seed)
        finally:
            await asyncio.to_thread(stage.__exit__, None, None, None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    wrong = asyncio.run(run(asked.turns, asked.seed))
    print(f"{wrong} wrong, {time.monotonic() - begun:.0f} s, seed {asked.seed}", file=sys.stderr)
    return 1 if wrong else 0
