"""What `chatbot bank eval` reads, predicts and counts."""

import json
from pathlib import Path

import pytest

from chatbot.answers.calibration import shipped
from chatbot.errors import Malformed
from chatbot.evals.bank import Evaluation, Query, evaluate, read_bank, read_queries
from tests.unit.answers.shop import SHOP, ToyEncoder

QUERIES = [
    Query("1", "how do I return an item", "returns"),
    Query("2", "when will my parcel arrive", "delivery"),
    Query("3", "who won the game last night", None),
    Query("4", "do you sell gift cards", "an answer this bank never had"),
]


def lines(path: Path, *rows: object) -> Path:
    text = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(text), encoding="utf-8")
    return path


async def run() -> Evaluation:
    return await evaluate(
        SHOP, QUERIES, ToyEncoder(), risk=0.05, prior=shipped(), progress=lambda *_: None
    )


async def test_each_query_gets_a_prediction_with_its_best_three() -> None:
    found = await run()
    assert [row["id"] for row in found.rows] == ["1", "2", "3", "4"]
    for row in found.rows:
        assert set(row) == {"id", "answer_id", "score", "top"}
        assert len(row["top"]) <= 3
        assert row["answer_id"] in {None, *(key for key, _ in row["top"])}
    assert found.rows[0]["top"][0][0] == "returns"


async def test_a_gold_the_bank_does_not_have_counts_as_outside() -> None:
    figures = (await run()).figures
    assert (figures.queries, figures.in_bank) == (4, 2)


async def test_baselines_stand_beside_the_matcher() -> None:
    found = await run()
    assert set(found.baselines) == {"cosine_threshold", "lexical"}
    assert all(figures.queries == len(QUERIES) for figures in found.baselines.values())


async def test_it_says_what_became_of_the_banks_own_calibrator() -> None:
    (own,) = (await run()).own.values()
    assert own.asked
    assert not own.kept
    assert "phrasings of 3 answers" in own.verdict


async def test_the_same_files_give_the_same_predictions() -> None:
    assert (await run()).rows == (await run()).rows


def test_bad_queries_are_named_and_good_ones_read(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "queries.jsonl",
        {"id": 1, "text": "hello", "gold": "a"},
        {"id": 2, "text": None, "gold": "a"},
        {"id": 3, "text": "hello", "gold": ["a"]},
        "not json",
        {"text": "no id", "gold": None},
    )
    good, bad = read_queries(path)
    assert good == [Query("1", "hello", "a"), Query("5", "no id", None)]
    assert [row.line for row in bad] == [2, 3, 4]


def test_a_csv_of_queries_leaves_gold_empty_for_none(tmp_path: Path) -> None:
    path = lines(tmp_path / "queries.csv", "id,text,gold", "1,hello,a", "2,bye,")
    good, _ = read_queries(path)
    assert [query.gold for query in good] == ["a", None]


def test_only_published_answers_take_part(tmp_path: Path) -> None:
    row = {"answer_id": "a", "questions": ["hello"], "answer": "Hi."}
    draft = {**row, "answer_id": "b", "state": "draft"}
    answers, bad = read_bank(lines(tmp_path / "bank.jsonl", row, draft))
    assert [answer.key for answer in answers] == ["a"]
    assert not bad


def test_a_bank_without_a_published_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="holds no published answer"):
        read_bank(lines(tmp_path / "bank.jsonl", "broken"))
