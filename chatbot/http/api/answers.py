"""The answer bank over HTTP: one answer, lists of them, and whole files."""

import asyncio
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, get_args

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from chatbot.answers.files import (
    LONGEST_QUESTION,
    LONGEST_TEXT,
    MOST_QUESTIONS,
    AnswerRow,
    Kind,
    read_upload,
)
from chatbot.answers.importing import Report, announce, import_rows, load
from chatbot.domain.answer import Answer, AnswerContent, AnswerState
from chatbot.errors import Malformed
from chatbot.http.api.access import LARGE, AnyRequest, caller
from chatbot.http.api.paging import Page, behind, cursor_to, key_in, one_of, page_size
from chatbot.http.api.writes import Done, once
from chatbot.http.office import Office

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

Question = Annotated[str, Meta(min_length=1, max_length=LONGEST_QUESTION)]
_STATES: tuple[AnswerState, ...] = get_args(AnswerState)


class AnswerBody(Struct, forbid_unknown_fields=True):
    """
    What an answer shall be, as a row of an import file says it.

    Attributes:
        title: The first question when it is left out.
        answer: The reply, in Markdown.
        state: `draft` keeps the wording as a revision that nobody receives, and leaves alone what
            customers receive.
        valid_from, valid_until: Days (inclusive) on which it may be given; null is open.
    """

    answer: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    questions: Annotated[list[Question], Meta(max_length=MOST_QUESTIONS)] = []
    title: Annotated[str, Meta(max_length=500)] = ""
    state: AnswerState = "published"
    tags: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=50)] = []
    locale: Annotated[str, Meta(min_length=1, max_length=20)] = "en"
    valid_from: date | None = None
    valid_until: date | None = None


class AnswerShown(Struct):
    """
    An answer with its newest content.

    Attributes:
        revision: Number of the content shown.
        published_revision: Number of what customers receive; null while they receive nothing.
    """

    answer_id: str
    title: str
    questions: list[str]
    answer: str
    state: AnswerState
    tags: list[str]
    locale: str
    valid_from: date | None
    valid_until: date | None
    revision: int
    published_revision: int | None
    updated_at: datetime
    updated_by: str


class RefusedRow(Struct):
    line: int
    reason: str


class ImportReport(Struct):
    """Rows of a file by what became of them."""

    new: int
    changed: int
    unchanged: int
    bad: list[RefusedRow]


def _shown(answer: Answer) -> AnswerShown:
    content = answer.content
    return AnswerShown(
        answer_id=answer.key,
        title=content.title,
        questions=list(content.phrasings),
        answer=content.text,
        state=answer.state,
        tags=list(content.tags),
        locale=content.locale,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        revision=answer.revision,
        published_revision=answer.published_revision,
        updated_at=answer.updated_at,
        updated_by=answer.updated_by,
    )


@get("/answers", tags=["Answers"], summary="List answers")
async def list_answers(
    request: AnyRequest,
    office: NamedDependency[Office],
    in_state: Annotated[str, QueryParameter(name="state")] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 50,
) -> Page[AnswerShown]:
    """In the order of their ids, with their newest content; `state` picks those in one state."""
    size, wanted = page_size(limit), one_of("state", in_state, _STATES)
    async with office.desk.store.begin(caller(request)) as db:
        found = await db.answers.page(state=wanted, after=behind(cursor), limit=size + 1)
    following = cursor_to(found[size - 1].key) if len(found) > size else None
    return Page([_shown(answer) for answer in found[:size]], following)


@get("/answers/{answer_id:path}", tags=["Answers"], summary="Show an answer")
async def get_answer(
    request: AnyRequest, answer_id: FromPath[str], office: NamedDependency[Office]
) -> AnswerShown:
    """With its newest content, whether customers receive it or not."""
    async with office.desk.store.begin(caller(request)) as db:
        return _shown(await db.answers.get(_key(answer_id)))


@put("/answers/{answer_id:path}", tags=["Answers"], summary="Make or change an answer")
async def put_answer(
    request: AnyRequest,
    answer_id: FromPath[str],
    data: JSONBody[AnswerBody],
    office: NamedDependency[Office],
) -> Response[AnswerShown]:
    """201 for a new one. Saying what is there already changes nothing."""
    key = _key(answer_id)
    row = AnswerRow(1, key, data.state, _content(data))
    tell = partial(announce, caller(request).workspace, office.desk.bus)

    async def work(db: "Unit") -> Done:
        report = Report()
        await load(db, [row], report, keep_days=False)
        if report.given:
            await db.answers.bank_changed()
        if report.new + report.changed:
            await db.audit.record("answer.put", key, state=data.state)
        shown = _shown(await db.answers.get(key))
        return Done(shown, 201 if report.new else 200, tell if report.given else None)

    return await once(request, office, work)


@delete("/answers/{answer_id:path}", tags=["Answers"], summary="Delete an answer", status_code=204)
async def delete_answer(
    request: AnyRequest, answer_id: FromPath[str], office: NamedDependency[Office]
) -> Response[None]:
    """With its whole history; `state: archived` keeps that and has the same effect on customers."""
    key = _key(answer_id)
    tell = partial(announce, caller(request).workspace, office.desk.bus)

    async def work(db: "Unit") -> Done:
        answer = await db.answers.get(key, lock=True)
        await db.answers.remove(key)
        given = answer.published_revision is not None
        if given:
            await db.answers.bank_changed()
        await db.audit.record("answer.delete", key, revision=answer.revision)
        return Done(None, 204, tell if given else None)

    return await once(request, office, work)


@post(
    "/answers/import",
    tags=["Answers"],
    summary="Import a file of answers",
    status_code=200,
    opt=LARGE,
)
async def import_answers(
    request: AnyRequest, office: NamedDependency[Office]
) -> Response[ImportReport]:
    """
    The body is JSONL, or CSV with `Content-Type: text/csv`, in UTF-8.

    Bad rows are named by line and refused, the good ones load; sending it twice changes nothing.
    """
    body = await request.body()
    csv = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/csv"
    kind: Kind = "csv" if csv else "jsonl"
    by, desk = caller(request), office.desk

    async def work(_: "Unit") -> Done:
        good, bad = await asyncio.to_thread(read_upload, body, kind)
        if not good and not bad:
            raise Malformed("The body holds no rows: send JSONL, or CSV as text/csv.")
        report = await import_rows(good, bad, by=by, store=desk.store, bus=desk.bus)
        refused = [RefusedRow(row.line, row.reason) for row in report.bad]
        return Done(ImportReport(report.new, report.changed, report.unchanged, refused))

    async with office.imports:
        return await once(request, office, work)


def _key(answer_id: str) -> str:
    return key_in("answer_id", answer_id.removeprefix("/"))


def _content(body: AnswerBody) -> AnswerContent:
    questions = tuple(dict.fromkeys(filter(None, map(str.strip, body.questions))))
    if not (questions or body.title.strip()):
        raise Malformed("questions and title are both empty: nobody could find the answer.")
    if not body.answer.strip():
        raise Malformed("answer is empty: write what customers shall read.")
    if body.valid_from and body.valid_until and body.valid_from > body.valid_until:
        raise Malformed("valid_until lies before valid_from: exchange them.")
    return AnswerContent(
        body.title.strip() or questions[0],
        body.answer.strip(),
        questions,
        tags=tuple(dict.fromkeys(body.tags)),
        locale=body.locale,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
    )


routes = [list_answers, get_answer, put_answer, delete_answer, import_answers]
