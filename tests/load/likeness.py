"""
What each guard of the fuzzy cache is worth, replayed on vectors alone.

`python -m tests.load.likeness --data FOLDER --source banking77`: every public question that the
policy lets pass is compared with those asked before it, under each pair of thresholds, with the
guards added one by one; then each question is negated and asked of itself.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.answers.neighbours import Neighbours
from chatbot.answers.ownstate import shipped
from chatbot.answers.veto import difference
from chatbot.context.personal import kinds
from chatbot.settings import read_settings
from tests.load.cache import Company, key

LIKE = (0.75, 0.82, 0.85, 0.9, 0.95)
MARGINS = (0.0, 0.05, 0.08, 0.1)
NEGATED = (
    (r"\bcan i\b", "can't I"),
    (r"\bdo you\b", "don't you"),
    (r"\bis (?=it|there)", "isn't "),
)


@dataclass(frozen=True)
class Seen:
    """One question beside the nearest that was asked before it."""

    score: float
    margin: float
    vetoed: bool
    bank_agrees: bool
    right: bool


GUARDS: dict[str, Callable[[Seen], bool]] = {
    "cosine and margin": lambda _: True,
    "and the veto": lambda seen: not seen.vetoed,
    "and the bank": lambda seen: not seen.vetoed and seen.bank_agrees,
}


async def encoded(texts: list[str]) -> dict[str, np.ndarray]:
    settings = read_settings()
    encoder = OnnxEncoder(settings.data_dir, settings.encoder)
    await encoder.wait()
    try:
        parts = [await encoder.encode(texts[at : at + 64]) for at in range(0, len(texts), 64)]
    finally:
        await encoder.close()
    return dict(zip(texts, np.concatenate(parts), strict=True))


def negated(text: str) -> str | None:
    for pattern, instead in NEGATED:
        if re.search(pattern, text, re.IGNORECASE):
            return re.sub(pattern, instead, text, count=1, flags=re.IGNORECASE)
    return None


def watch(company: Company, vectors: dict[str, np.ndarray]) -> tuple[list[Seen], int]:
    """What the cache would see of the stream, word-for-word repetitions left out."""
    owner = [row["answer_id"] for row in company.bank for _ in row["questions"]]
    bank = np.stack([vectors[text] for row in company.bank for text in row["questions"]])
    near, asked, seen, away = Neighbours(), set[str](), list[Seen](), 0
    for message in company.stream:
        text = message["text"]
        vector, answer = vectors[text], key(company.intent[message["i"]])
        if kinds(text, earlier=False) or shipped().is_own(vector):
            away += 1
            continue
        best = owner[int((bank @ vector).argmax())]
        if text in asked:
            continue
        if (found := near.nearest("all", vector)) is not None:
            vetoed = difference(text, found.question) is not None
            agrees, right = best in found.answers, answer in found.answers
            seen.append(Seen(found.score, found.margin, vetoed, agrees, right))
        asked.add(text)
        near.put("all", text, text, frozenset({answer}), vector)
    return seen, away


async def run(arguments: argparse.Namespace) -> int:
    company = Company(arguments.data / arguments.source, arguments.messages, arguments.seed)
    public = {text for text, name in company.of_text.items() if name not in company.own}
    turned = {text: other for text in sorted(public) if (other := negated(text))}
    texts = {*company.of_text, *turned.values()}
    texts |= {text for row in company.bank for text in row["questions"]}
    vectors = await encoded(sorted(texts))
    seen, away = watch(company, vectors)
    total = len(company.stream)
    print(f"{total} messages, {away} kept away by the policy, {len(seen)} compared")
    for name, passes in GUARDS.items():
        for like in LIKE:
            row = []
            for margin in MARGINS:
                hits = [x for x in seen if x.score >= like and x.margin >= margin and passes(x)]
                wrong = sum(not x.right for x in hits)
                row.append(f"{margin:g}: {len(hits) / total:.1%} ({wrong / total:.2%})")
            print(f"{name:18} {like:g}  " + "  ".join(row))
    for like in LIKE:
        close = [(a, b) for a, b in turned.items() if vectors[a] @ vectors[b] >= like]
        passed = sum(difference(a, b) is None for a, b in close)
        print(f"negated, {like:g}: {len(close)} of {len(turned)} as near, {passed} past the veto")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--source", default="banking77")
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
