"""Answers from files: good rows are read, bad ones named by their line."""

import json
from pathlib import Path

import pytest

from chatbot.answers.files import read_answers
from chatbot.errors import Malformed

GOOD = {"answer_id": "returns", "questions": ["Can I return it?"], "answer": "Yes, in 30 days."}


def write(path: Path, *lines: object) -> Path:
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines),
        encoding="utf-8",
    )
    return path


def test_a_row_needs_only_an_id_a_question_and_an_answer(tmp_path: Path) -> None:
    good, bad = read_answers(write(tmp_path / "bank.jsonl", GOOD))
    assert not bad
    assert (good[0].key, good[0].state, good[0].content.title) == (
        "returns",
        "published",
        "Can I return it?",
    )


def test_a_title_is_enough_to_find_an_answer(tmp_path: Path) -> None:
    row = {"answer_id": 7, "title": "Returns", "answer": "Yes."}
    good, bad = read_answers(write(tmp_path / "bank.jsonl", row))
    assert not bad
    assert (good[0].key, good[0].content.phrasings) == ("7", ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"answer_id": "cut", "quest', "line 2: is not a JSON object; was the file cut?"),
        ("[1, 2]", "line 2: is JSON, but not an object."),
        ("[" * 100_000, "line 2: is not a JSON object; was the file cut?"),
        ({**GOOD, "answer_id": ""}, "line 2: answer_id is missing."),
        (GOOD, "line 2: answer_id 'returns' is already on line 1."),
        (
            {"answer_id": "x", "answer": "y"},
            "line 2: questions and title are both missing: nobody could find the answer.",
        ),
        ({"answer_id": "x", "questions": ["y"]}, "line 2: answer is missing."),
        (
            {**GOOD, "answer_id": "x", "state": "live"},
            "line 2: state is 'live'; expected one of draft, published, archived.",
        ),
        (
            {**GOOD, "answer_id": "x", "questions": [{}]},
            "line 2: questions is not a list of texts.",
        ),
        ({**GOOD, "answer_id": "x", "answer": ["y"]}, "line 2: answer is not a text."),
        (
            {**GOOD, "answer_id": "x", "answer": "y" * 20_001},
            "line 2: answer has 20,001 characters; at most 20,000 are allowed.",
        ),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_are_read(
    tmp_path: Path, row: object, reason: str
) -> None:
    last = {**GOOD, "answer_id": "last"}
    good, bad = read_answers(write(tmp_path / "bank.jsonl", GOOD, row, last))
    assert [answer.key for answer in good] == ["returns", "last"]
    assert [str(problem) for problem in bad] == [reason]


def test_a_csv_cell_holds_several_questions(tmp_path: Path) -> None:
    path = write(
        tmp_path / "bank.csv",
        "answer_id,questions,answer,tags",
        'a,Can I return it?|May I send it back?,"Yes, you can.",returns',
        'b,"One?\nTwo?",Yes.,',
        'c,"[""With | a bar?""]",Yes.,',
    )
    good, bad = read_answers(path)
    assert not bad
    assert [answer.content.phrasings for answer in good] == [
        ("Can I return it?", "May I send it back?"),
        ("One?", "Two?"),
        ("With | a bar?",),
    ]


def test_a_csv_without_its_columns_is_refused_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="'answer_id' is not there"):
        read_answers(write(tmp_path / "bank.csv", "id,text", "1,hello"))


def test_a_csv_row_with_too_many_cells_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "bank.csv", "answer_id,questions,answer", "a,b?,c", "a2,b?,c,d")
    good, bad = read_answers(path)
    assert [answer.key for answer in good] == ["a"]
    assert str(bad[0]) == "line 3: has more cells than there are columns."


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(Malformed, match="cannot be read as UTF-8 text"):
        read_answers(path)
