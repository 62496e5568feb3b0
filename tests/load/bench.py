"""
`make bench`: the figures of the application as ratios against a reference of the same run.

Absolute times drift with the machine; a ratio of two things measured in turn holds. Each ratio is
the median of three.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from tests.load.stage import app, chatters, provider, run

ROUNDS = 3


def first_token(base_url: str) -> Mapping[str, Any]:
    """Time to the first word, socket to socket, over the bare client's on the same server."""
    ratios, ours_ms, bare_ms = [], [], []
    with app(base_url, "first-token") as running:
        for _ in range(ROUNDS):
            bare = run("bare", base_url, "first-token", "20", "--in-turn")
            with chatters(running.base, 20, "--in-turn") as crowd:
                ours = crowd.begin()
            mine, theirs = (statistics.median(one["first_s"]) for one in (ours, bare))
            ratios.append(mine / theirs)
            ours_ms.append(mine * 1000)
            bare_ms.append(theirs * 1000)
    return {
        "first word, ratio": _three(ratios),
        "first word, ms": round(statistics.median(ours_ms), 1),
        "bare client, ms": round(statistics.median(bare_ms), 1),
        "goal": "≤ 1.05",
    }


def streams(base_url: str, many: int) -> Mapping[str, Any]:
    """CPU of a streamed 200-token answer over that of `create()` alone, *many* at once."""
    ratios, with_database, first_ms = [], [], []
    with app(base_url, "streams") as running:
        for _ in range(ROUNDS):
            bare = run("bare", base_url, "streams", str(many))
            with chatters(running.base, many) as crowd:
                cpu, database = running.cpu_s(), running.database_cpu_s()
                ours = crowd.begin()
                mine = (running.cpu_s() - cpu) / many
                whole = mine + (running.database_cpu_s() - database) / many
            ratios.append(mine / bare["cpu_s"])
            with_database.append(whole / bare["cpu_s"])
            first_ms.append(statistics.median(ours["first_s"]) * 1000)
    return {
        f"CPU per answer at {many}, ratio": _three(ratios),
        "with PostgreSQL's, ratio": _three(with_database),
        "first word, ms": round(statistics.median(first_ms), 1),
        "goal": "≤ 1.0, later 0.5",
    }


def turns(base_url: str) -> Mapping[str, Any]:
    """Whole turns a second of one process, 20 customers asking without a pause."""
    rates = []
    with app(base_url, "at-once") as running:
        for _ in range(ROUNDS):
            with chatters(running.base, 20, "--turns", "15") as crowd:
                ours = crowd.begin()
            rates.append(len(ours["whole_s"]) / ours["wall_s"])
    return {"turns a second": _three(rates)}


def idle(base_url: str) -> Mapping[str, Any]:
    """Memory of a socket that says nothing: 500 more of them, three times, none of them closed."""
    sizes = []
    with app(base_url, "at-once") as running, ExitStack() as open_:
        open_.enter_context(chatters(running.base, 1, "--idle"))
        for _ in range(ROUNDS):
            before = running.memory()
            open_.enter_context(chatters(running.base, 500, "--idle"))
            sizes.append((running.memory() - before) / 500 / 1000)
    return {"idle socket, kB": _three(sizes), "goal": "≤ 47"}


def _three(values: list[float]) -> str:
    shown = ", ".join(f"{value:.3g}" for value in sorted(values))
    return f"{statistics.median(values):.3g} ({shown})"


def match(_base_url: str) -> Mapping[str, Any]:
    """
    The whole match of a question at 10,000 phrasings over the bare encoder's time for it.

    Of two sentences that are not answered together, one is encoded again.
    """
    found = run("matching")
    return {
        "match over encoder, p99": _three(found["p99"]),
        "p50": _three(found["p50"]),
        "with a sentence more, p99": _three(found["two_sentences_p99"]),
        "with a sentence more, p50": _three(found["two_sentences_p50"]),
        "goal": "p99 ≤ 1.3",
    }


def router(base_url: str) -> Mapping[str, Any]:
    """CPU of the same 50 streams through litellm's router, over `create()` alone."""
    python = os.environ.get("LITELLM_PYTHON")
    if not python:
        return {
            "not measured": "LITELLM_PYTHON names an interpreter that has litellm; it is not set"
        }
    ratios = []
    for _ in range(ROUNDS):
        bare = run("bare", base_url, "streams", "50")
        other = run("router", base_url, "streams", "50", python=python)
        ratios.append(other["cpu_s"] / bare["cpu_s"])
    return {"litellm's router, CPU per answer at 50, ratio": _three(ratios)}


PARTS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "first-token": first_token,
    "streams-50": lambda url: streams(url, 50),
    "streams-200": lambda url: streams(url, 200),
    "turns": turns,
    "idle": idle,
    "match": match,
    "router": router,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    unknown = [part for part in asked.part if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; known are {', '.join(PARTS)}")
    found: dict[str, Mapping[str, Any]] = {}
    with provider() as base_url:
        for name in asked.part or PARTS:
            print(f"{name} …", file=sys.stderr)
            found[name] = PARTS[name](base_url)
            if not asked.json:
                print(f"{name}: " + "; ".join(f"{k}: {v}" for k, v in found[name].items()))
    if asked.json:
        print(json.dumps({"machine": platform.platform(), "parts": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
