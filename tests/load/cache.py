"""
Plays customers whose intents are known through the cache, and counts whom it served wrongly.

`python -m tests.load.cache --data FOLDER --source banking77 --messages 3000 --seed 1 2`: the bank
is cut out of the source, the questions are what is left of it, and a scripted provider answers
each intent with its own words. A question about its asker's own affairs gets words that name the
asker.
"""

import argparse
import asyncio
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chatbot.evals.ownstate import intents
from tests.fault_scenarios import USAGE
from tests.fault_server import MODEL, Exchange, FaultServer

PHRASINGS = 8
USERS = 400
REPEATED = 0.3  # of the messages are one of the popular wordings of their intent
TALKS_ON = 0.25  # of the messages follow the same user's last one within a minute
LETTERS = str.maketrans("0123456789-", "ghijklmnopq")


def read(folder: Path) -> dict[str, list[str]]:
    """Questions by intent."""
    found: dict[str, dict[str, None]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row.get("intent"):
                text = " ".join(row["text"].split())[:400]
                found.setdefault(row["intent"], {})[text] = None
    return {intent: list(texts) for intent, texts in found.items()}


class Company:
    """A bank, a stream of questions, and what is true of each."""

    def __init__(self, folder: Path, messages: int, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 the same stream every time
        sorted_ = intents()[folder.name]
        self.own = frozenset(sorted_["own"])
        known = read(folder)
        names = [name for name in sorted(known) if len(known[name]) > PHRASINGS + 4]
        chance.shuffle(names)
        self.bank: list[dict[str, Any]] = []
        rest: dict[str, list[str]] = {}
        for name in names:
            texts = known[name][:]
            chance.shuffle(texts)
            rest[name] = texts[PHRASINGS:]
            self.bank.append(
                {"answer_id": key(name), "questions": texts[:PHRASINGS], "answer": words(name)}
            )
        weights = [1 / (place + 1) ** 0.7 for place in range(len(names))]
        self.stream: list[dict[str, Any]] = []
        self.intent: dict[int, str] = {}
        self.of_text: dict[str, str] = {}
        at, user = 0.0, "u0"
        for i in range(messages):
            name = chance.choices(names, weights)[0]
            texts = rest[name]
            popular = min(int(chance.expovariate(1 / 20)), len(texts) - 1)
            text = texts[popular] if chance.random() < REPEATED else chance.choice(texts)
            talks_on = chance.random() < TALKS_ON
            at += 30.0 if talks_on else 90.0
            user = user if talks_on else f"u{chance.randrange(USERS)}"
            self.stream.append({"i": i, "t": at, "user": user, "text": text})
            self.intent[i] = self.of_text[text] = name

    async def answer(self, exchange: Exchange) -> None:
        """What the provider says, by the question's intent."""
        body = exchange.received.body
        context = body["messages"][-1]["content"]
        question = re.findall(r"<<<question \w+\n(.*?)\n\w+>>>", context, flags=re.DOTALL)[-1]
        name = self.of_text.get(question.splitlines()[-1], "")
        if name in self.own:
            who = str(body.get("safety_identifier") or body.get("user") or "").translate(LETTERS)
            said = f"Done for {who}, concerning {name.replace('_', ' ')}."
        else:
            said = f"{words(name)} [[{key(name)}]]"
        await exchange.begin()
        await exchange.say(said)
        await exchange.finish("stop", USAGE)


def key(intent: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", intent.lower()).strip("-")


def words(intent: str) -> str:
    return f"This is what we say about {intent.replace('_', ' ').lower()}."


def score(company: Company, rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """
    How many were served from the cache, and which of them wrongly, each in full.

    To the wrong customer by the labels is what another customer's message brought about, where
    the intent of either is filed as own. A label is one for a whole intent, and some questions
    under it are anybody's: so every such hit is listed for a reader to judge, and what was made
    of another's own affairs, which nobody may read whatever the label, is counted apart.
    """
    asked = {message["i"]: message for message in company.stream}
    given = [row for row in rows if row["served"] in {"cache", "semantic"}]
    own = [row for row in rows if company.intent[row["i"]] in company.own]
    hits = [_hit(company, asked[row["i"]], asked.get(row["from_i"]), row) for row in given]
    foreign = [hit for hit in hits if hit["foreign"] and company.own & set(hit["intents"])]
    wrong = [hit for hit in hits if len(set(hit["intents"])) > 1]
    return {
        "messages": len(rows),
        "served": dict(Counter(row["served"] for row in rows)),
        "own_messages": len(own),
        "to_the_wrong_customer": len(foreign),
        "made_for_another": sum(hit["intents"][1] in company.own for hit in foreign),
        "wrong_hits": len(wrong),
        "wrong_share_of_messages": round(len(wrong) / max(len(rows), 1), 5),
        "hit_rate": round(len(given) / max(len(rows), 1), 4),
        "hit_rate_of_public": round(len(given) / max(len(rows) - len(own), 1), 4),
        "to_judge": foreign + [hit for hit in wrong if hit not in foreign],
    }


def _hit(
    company: Company, now: Mapping[str, Any], then: Mapping[str, Any] | None, row: Mapping[str, Any]
) -> dict[str, Any]:
    """A reply that was given again: who asked what, and what they read."""
    before = then or {"user": "", "text": "", "i": -1}
    return {
        "served": row["served"],
        "asked": [now["text"], before["text"]],
        "intents": [company.intent.get(one["i"], "") for one in (now, before)],
        "foreign": now["user"] != before["user"],
        "answer": row["answer"],
    }


async def play(company: Company, folder: Path) -> dict[str, Any] | None:
    """Play the stream; None when that failed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, listed in (("bank", company.bank), ("stream", company.stream)):
        lines = "\n".join(json.dumps(one) for one in listed)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    async with FaultServer({}, company.answer) as provider:
        reachable = {
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_API_KEY": "sk-made-up",
            "CHATBOT_MODEL": MODEL,
        }
        out = folder / "rows.jsonl"
        files = [str(folder / "stream.jsonl"), "--bank", str(folder / "bank.jsonl")]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatbot", "replay", *files, "--out", str(out), "--json"),
            env={**os.environ, **reachable},
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
    if process.returncode:
        return None
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return score(company, rows) | {
        "requests_to_the_provider": len(provider.received),
        "latency_ms": json.loads(told)["latency_ms"],
    }


async def run(arguments: argparse.Namespace) -> int:
    with TemporaryDirectory() as made:
        for seed in arguments.seed:
            company = Company(arguments.data / arguments.source, arguments.messages, seed)
            folder = (arguments.keep or Path(made)) / str(seed)
            if (found := await play(company, folder)) is None:
                return 1
            print(json.dumps({"source": arguments.source, "seed": seed} | found, indent=1))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--source", default="banking77", choices=sorted(intents()))
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="One stream for each.")
    parser.add_argument("--keep", type=Path, help="A folder for stream, bank and rows.")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
