"""The answers: lists by state, the editor, and what it does."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, get_args
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from chatbot.answers import curation
from chatbot.answers.reputation import Reputation
from chatbot.domain.answer import Answer, AnswerContent, AnswerState
from chatbot.domain.given import JUDGED_FOR, NEVER, Given
from chatbot.errors import Conflict, NotFound, Rejected
from chatbot.http.admin.editing import Editor, Refusal, editor_of, read_content, typed_content
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of, undo
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import AnyRequest, visit_of

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

STATES: tuple[AnswerState, ...] = get_args(AnswerState)
Listed = Annotated[str, QueryParameter(name="state")]
_USED_DAYS = 30
_ORDERS: Mapping[str, Callable[[Answer, Given], Any]] = {
    "given": lambda _, used: -used.times,
    "helpful": lambda _, used: (used.share is None, used.share),
    "last": lambda _, used: -used.last.timestamp() if used.last else 0.0,
    "title": lambda answer, _: answer.content.title.casefold(),
}
"""How the list may be ordered; otherwise what was changed last comes first."""

_SAID = {
    "draft": "Saved as a draft",
    "saved": "Saved; customers still read the published version",
    "published": "Published: the next question gets it",
    "restored": "Restored as a draft",
}


@get("/answers")
async def list_answers(
    request: AnyRequest,
    office: NamedDependency[Office],
    listed: Listed = "published",
    q: FromQuery[str] = "",
    sort: FromQuery[str] = "",
    done: FromQuery[str] = "",
    key: FromQuery[str] = "",
) -> Response[Any]:
    """One state's answers; after an archive, `key` can be brought back."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
        beside = await _beside(db, listed, q, sort)
    if done == "archived" and key:
        action = f"/admin/answers/revive/{quote(key)}"
        frame["undo"] = undo("Archived: customers no longer get it.", action, list=listed)
    return page("admin/answers.html", frame, **beside, editor=None)


@get("/answers/new")
async def new_answer(
    request: AnyRequest, office: NamedDependency[Office], listed: Listed = "published"
) -> Response[Any]:
    return await _show(request, office, Editor("", AnswerContent("", "", ())), listed=listed)


@post("/answers/new")
async def create_answer(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    try:
        content = read_content(form)
        key = form.line("key", longest=80)
        answer = await curation.create(key, content, by=by, store=desk.store)
    except Rejected as error:
        typed = Editor(form.secret("key"), typed_content(form))
        refusal = Refusal(typed, str(error), error.status)
        return await _show(request, office, typed, listed=_list(form), refusal=refusal)
    if form.line("then") == "publish":
        return await _publish(request, office, form, answer)
    return _shown(answer, "draft", "draft")


@get("/answers/edit/{key:path}")
async def show_answer(
    request: AnyRequest,
    office: NamedDependency[Office],
    key: FromPath[str],
    listed: Listed = "",
    q: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Response[Any]:
    """An answer in the editor, beside its list."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        answer = await db.answers.get(key.removeprefix("/"))
    editor = editor_of(answer)
    shown = listed or answer.state
    return await _show(request, office, editor, listed=shown, search=q, said=_SAID.get(done, ""))


@post("/answers/edit/{key:path}")
async def save_answer(
    request: AnyRequest, office: NamedDependency[Office], key: FromPath[str]
) -> Response[Any]:
    """Save, and publish if that was pressed; a refused form comes back as it was typed."""
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    named = key.removeprefix("/")
    based_on = form.number("revision", least=1, most=10**9)
    publishing = form.line("then") == "publish"
    try:
        content = read_content(form)
        if publishing:
            answer = await curation.publish(
                named, content, based_on=based_on, by=by, store=desk.store, bus=desk.bus
            )
        else:
            answer = await curation.save_draft(
                named, content, based_on=based_on, by=by, store=desk.store
            )
    except NotFound:
        raise
    except Rejected as error:
        return await _refused(request, office, form, named, error)
    said = "published" if publishing else "draft" if answer.state == "draft" else "saved"
    return _shown(answer, said, answer.state)


@post("/answers/archive/{key:path}")
async def archive_answer(
    request: AnyRequest, office: NamedDependency[Office], key: FromPath[str]
) -> Redirect:
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    named = key.removeprefix("/")
    based_on = form.number("revision", least=1, most=10**9)
    before, _ = await curation.archive(
        named, based_on=based_on, by=by, store=desk.store, bus=desk.bus
    )
    undone = f"&done=archived&key={quote(named)}" if not editor_of(before).changed else ""
    return see(f"/admin/answers?state={before.state}{undone}")


@post("/answers/revive/{key:path}")
async def revive_answer(
    request: AnyRequest, office: NamedDependency[Office], key: FromPath[str]
) -> Redirect:
    """Undo an archive: what was published is so again, what was a draft is one again."""
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    named = key.removeprefix("/")
    async with desk.store.begin(by) as db:
        answer = await db.answers.get(named)
    if _list(form) == "published":
        answer = await curation.publish(
            named, based_on=answer.revision, by=by, store=desk.store, bus=desk.bus
        )
    else:
        answer = await curation.save_draft(
            named, answer.content, based_on=answer.revision, by=by, store=desk.store
        )
    return _shown(answer, "published" if answer.state == "published" else "draft", answer.state)


def _list(form: Form) -> str:
    listed = form.line("list")
    return listed if listed in STATES else "published"


async def _publish(
    request: AnyRequest, office: Office, form: Form, answer: Answer
) -> Response[Any]:
    desk, by = office.desk, visit_of(request).principal
    try:
        published = await curation.publish(
            answer.key, based_on=answer.revision, by=by, store=desk.store, bus=desk.bus
        )
    except Rejected as error:
        return await _refused(request, office, form, answer.key, error)
    return _shown(published, "published", "published")


async def _refused(
    request: AnyRequest, office: Office, form: Form, key: str, error: Rejected
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        answer = await db.answers.get(key)
    now = editor_of(answer)
    typed = Editor(
        key=key,
        content=typed_content(form),
        known=True,
        state=now.state,
        revision=now.revision,
        published_revision=now.published_revision,
        updated_at=now.updated_at,
        updated_by=now.updated_by,
    )
    conflict = answer if isinstance(error, Conflict) else None
    based_on = form.number("revision", least=0, most=10**9)
    refusal = Refusal(typed, str(error), error.status, conflict, based_on)
    return await _show(request, office, typed, listed=_list(form), refusal=refusal)


async def _beside(db: "Unit", state: str, search: str, sort: str = "") -> dict[str, Any]:
    chosen: AnswerState = next((one for one in STATES if one == state), "published")
    search = search.strip()[:100]
    used = await db.given.answers(db.now - timedelta(days=_USED_DAYS))
    answers = await db.answers.search(chosen, search)
    order = _ORDERS.get(sort)
    if order is not None:
        answers.sort(key=lambda answer: order(answer, used.get(answer.key, NEVER)))
    return {
        "state": chosen,
        "search": search,
        "sort": sort if order else "",
        "amounts": await db.answers.counts(),
        "answers": answers,
        "used": used,
        "never": NEVER,
    }


async def _show(
    request: AnyRequest,
    office: Office,
    editor: Editor,
    *,
    listed: str,
    search: str = "",
    said: str = "",
    refusal: Refusal | None = None,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
        beside = await _beside(db, listed, search)
        reputation = Reputation.of(await db.given.thumbs(db.now - JUDGED_FOR))
    conflict = refusal.conflict if refusal else None
    return page(
        "admin/answers.html",
        frame,
        status=refusal.status if refusal else 200,
        **beside,
        editor=editor,
        thumbs=reputation.thumbs.get(editor.key),
        standing=reputation.standing(editor.key),
        conflict=conflict,
        based_on=refusal.based_on if refusal else 0,
        wrong=refusal.words if refusal and conflict is None else "",
        said=said,
    )


def _shown(answer: Answer, done: str, listed: str) -> Redirect:
    return see(f"/admin/answers/edit/{quote(answer.key)}?state={listed}&done={done}")
