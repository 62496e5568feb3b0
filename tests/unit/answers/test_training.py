"""A prior fitted on made-up companies, judged on one it has never seen."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatbot.answers.calibration import Prior, read_prior, write_prior
from chatbot.errors import Malformed
from chatbot.evals.sources import doubted, read_sources
from chatbot.evals.training import Trained, train
from tests.unit.answers.shop import ToyEncoder, bags

OPENINGS = ("how do i", "please help me", "i want to", "can you")
THINGS = {
    "shop": ("tent", "boots", "parcel", "voucher", "receipt"),
    "bank": ("card", "loan", "pin", "transfer", "statement"),
    "clinic": ("visit", "bill", "doctor", "scan", "vaccine"),
    "gym": ("class", "trainer", "locker", "pass", "sauna"),
}
DEEDS = ("cancel", "change")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    for company, things in THINGS.items():
        folder = root / company
        folder.mkdir()
        rows = [
            {"text": f"{opening} {deed} my {thing} {number}", "intent": f"{deed}_{thing}"}
            for thing in things
            for deed in DEEDS
            for number, opening in enumerate(OPENINGS)
        ]
        (folder / "train.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def trained(data: Path) -> Trained:
    sources = read_sources(data)
    work = train(sources, ToyEncoder(), banks=2, progress=lambda *_: None)
    return asyncio.run(work)


def test_a_fitted_prior_ranks_right_above_wrong_where_it_was_never_fitted(
    trained: Trained,
) -> None:
    for company in THINGS:
        assert trained.report["left_out"]["bare"][company]["auroc"] > 0.6


def test_what_was_fitted_can_be_shipped(trained: Trained) -> None:
    prior = read_prior(write_prior(trained.prior, trained.report))
    assert isinstance(prior, Prior)
    assert set(prior.heads) == {"words", "bare", "heard", "full"}
    assert all(np.isfinite(head.weights).all() for head in prior.heads.values())


async def test_too_few_sources_are_refused(data: Path) -> None:
    with pytest.raises(Malformed, match="at least four sources, there are 3"):
        await train(read_sources(data)[:3], ToyEncoder(), banks=2, progress=lambda *_: None)


def test_each_source_can_be_judged_by_a_prior_without_it(trained: Trained) -> None:
    assert set(trained.left_out) == set(THINGS)


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="holds 0 sources"):
        read_sources(tmp_path)


def test_a_label_that_all_others_contradict_is_doubted(data: Path) -> None:
    shop = next(source for source in read_sources(data) if source.name == "shop")
    slip = "please help me cancel my tent today"
    receipt = (*shop.intents["change_receipt"], slip)
    shop = replace(shop, intents=shop.intents | {"change_receipt": receipt})
    texts = shop.texts()
    found = doubted(shop, dict(zip(texts, bags(texts), strict=True)))
    assert (slip, "change_receipt") in found
