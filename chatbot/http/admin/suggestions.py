"""Suggestions and gaps: what customers asked and the bank could not say, under review."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chatbot.answers import suggesting
from chatbot.domain.answer import AnswerContent
from chatbot.domain.suggestion import Suggestion, SuggestionState
from chatbot.errors import Conflict, NotFound, Rejected, Unavailable
from chatbot.http.admin.editing import read_content, typed_content
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of, undo
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import BACKGROUND, AnyRequest, visit_of

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

VIEWS: dict[str, tuple[SuggestionState, bool | None]] = {
    "suggestions": ("open", True),
    "gaps": ("open", False),
    "dismissed": ("dismissed", None),
}
_NEAREST, _FOUND = 5, 50
_NO_NUMBER = 10**9


@get("/suggestions")
async def list_suggestions(
    request: AnyRequest,
    office: NamedDependency[Office],
    view: FromQuery[str] = "suggestions",
    done: FromQuery[str] = "",
    key: FromQuery[str] = "",
) -> Response[Any]:
    """One view's list; after a decision, `done` and `key` say what became of it."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
        beside = await _beside(db, view)
        if done == "dismissed":
            frame["undo"] = await _undo(db, key)
    return page(
        "admin/suggestions.html", frame, **beside, opened=None, done=done, done_key=key, wrong=""
    )


@get("/suggestions/{suggestion_id:uuid}")
async def show_suggestion(
    request: AnyRequest,
    office: NamedDependency[Office],
    suggestion_id: FromPath[UUID],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """A suggestion in its editor, with the questions and the agents' words that it rests on."""
    return await _show(request, office, suggestion_id, done=done)


@get("/suggestions/{suggestion_id:uuid}/answers", opt=BACKGROUND)
async def find_answers(
    request: AnyRequest,
    office: NamedDependency[Office],
    suggestion_id: FromPath[UUID],
    find: FromQuery[str] = "",
) -> Response[Any]:
    """Published answers with these words that it may be merged into; without any, the nearest."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
        opened = await db.suggestions.get(suggestion_id)
        found = await db.answers.search("published", find, _FOUND) if find.strip() else []
    choices = [(one.key, one.content.title) for one in found]
    # Who types a title means that answer, wherever else the words stand.
    choices.sort(key=lambda one: find.strip().casefold() not in one[1].casefold())
    if not find.strip():
        choices = await _nearest(office, frame, opened)
    return page("admin/_merge.html", frame, opened=opened, choices=choices, find=find)


@post("/suggestions/{suggestion_id:uuid}")
async def save_suggestion(
    request: AnyRequest, office: NamedDependency[Office], suggestion_id: FromPath[UUID]
) -> Response[Any]:
    """Keep the wording, or publish it as an answer; a refused form comes back as it was typed."""
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    based_on = form.number("revision", least=1, most=_NO_NUMBER)
    try:
        content = read_content(form)
        if form.line("then") == "publish":
            answer = await suggesting.approve(
                suggestion_id, content, based_on=based_on, by=by, store=desk.store, bus=desk.bus
            )
            return see(f"/admin/suggestions?view={_view(form)}&done=published&key={answer.key}")
        await suggesting.reword(suggestion_id, content, based_on=based_on, by=by, store=desk.store)
    except NotFound:
        raise
    except Rejected as error:
        return await _show(request, office, suggestion_id, form=form, refused=error)
    return see(f"/admin/suggestions/{suggestion_id}?done=saved")


@post("/suggestions/{suggestion_id:uuid}/merge")
async def merge_suggestion(
    request: AnyRequest, office: NamedDependency[Office], suggestion_id: FromPath[UUID]
) -> Response[Any]:
    """Let the form's phrasings lead to an answer that there is already."""
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    try:
        answer = await suggesting.merge(
            suggestion_id,
            form.line("key", longest=80, needed=True),
            read_content(form).phrasings,
            based_on=form.number("revision", least=1, most=_NO_NUMBER),
            by=by,
            store=desk.store,
            bus=desk.bus,
        )
    except NotFound:
        raise
    except Rejected as error:
        return await _show(request, office, suggestion_id, form=form, refused=error)
    return see(f"/admin/suggestions?view={_view(form)}&done=merged&key={answer.key}")


@post("/suggestions/{suggestion_id:uuid}/dismiss")
async def dismiss_suggestion(
    request: AnyRequest, office: NamedDependency[Office], suggestion_id: FromPath[UUID]
) -> Response[Any]:
    """Put it aside with a reason; the page that follows can take it back."""
    form, desk, by = await Form.read(request), office.desk, visit_of(request).principal
    try:
        await suggesting.dismiss(
            suggestion_id,
            form.line("reason"),
            based_on=form.number("revision", least=1, most=_NO_NUMBER),
            by=by,
            store=desk.store,
        )
    except NotFound:
        raise
    except Rejected as error:
        return await _show(request, office, suggestion_id, form=form, refused=error)
    return see(f"/admin/suggestions?view={_view(form)}&done=dismissed&key={suggestion_id}")


@post("/suggestions/{suggestion_id:uuid}/reopen")
async def reopen_suggestion(
    request: AnyRequest, office: NamedDependency[Office], suggestion_id: FromPath[UUID]
) -> Redirect:
    """Take up again what was dismissed; refused when somebody did so meanwhile."""
    form = await Form.read(request)
    await suggesting.reopen(
        suggestion_id,
        based_on=form.number("revision", least=1, most=_NO_NUMBER),
        by=visit_of(request).principal,
        store=office.desk.store,
    )
    return see(f"/admin/suggestions/{suggestion_id}?done=reopened")


@post("/suggestions/look")
async def look_now(request: AnyRequest, office: NamedDependency[Office]) -> Redirect:
    """Read what was said since the last round, without waiting for the next one."""
    form = await Form.read(request)
    await office.house.gatherer.gather(visit_of(request).principal.workspace)
    return see(f"/admin/suggestions?view={_view(form)}&done=looked")


def _view(form: Form) -> str:
    view = form.line("view")
    return view if view in VIEWS else "suggestions"


def _view_of(suggestion: Suggestion) -> str:
    if suggestion.state == "dismissed":
        return "dismissed"
    return "suggestions" if suggestion.text else "gaps"


async def _beside(db: "Unit", view: str) -> dict[str, Any]:
    chosen = view if view in VIEWS else "suggestions"
    state, written = VIEWS[chosen]
    return {
        "view": chosen,
        "amounts": await db.answers.counts(),
        "suggestions": await db.suggestions.page(state, written=written),
    }


async def _undo(db: "Unit", suggestion_id: str) -> Any:  # noqa: ANN401 what templates show
    try:
        dismissed = await db.suggestions.get(UUID(suggestion_id))
    except (ValueError, NotFound):
        return None  # an address that somebody changed by hand
    if dismissed.state != "dismissed":
        return None
    action = f"/admin/suggestions/{dismissed.id}/reopen"
    return undo("Dismissed: it does not come back by itself.", action, revision=dismissed.version)


async def _show(
    request: AnyRequest,
    office: Office,
    suggestion_id: UUID,
    *,
    done: str = "",
    form: Form | None = None,
    refused: Rejected | None = None,
) -> Response[Any]:
    """The suggestion as it is now; over it what was typed, when that was refused."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
        now = await db.suggestions.get(suggestion_id)
        heard = await db.suggestions.heard(suggestion_id)
        beside = await _beside(db, _view(form) if form else _view_of(now))
    own = AnswerContent(now.title, now.text, now.phrasings, locale=now.locale)
    known = {text.casefold() for text in own.phrasings}
    return page(
        "admin/suggestions.html",
        frame,
        status=refused.status if refused else 200,
        **beside,
        opened=now,
        content=typed_content(form) if form else own,
        heard=heard,
        unsaid=[one for one in heard if one.question.casefold() not in known],
        choices=await _nearest(office, frame, now),
        find="",
        conflict=isinstance(refused, Conflict),
        wrong="" if refused is None else str(refused),
        done=done,
        done_key="",
    )


async def _nearest(
    office: Office, frame: dict[str, Any], suggestion: Suggestion
) -> list[tuple[str, str]]:
    """Key and title of answers that it may belong to, likeliest first."""
    home = frame["workspace"]
    try:
        match = await office.desk.bank.match(
            home.id,
            home.bank_version,
            suggestion.title,
            home.settings.risk,
            (suggestion.locale, home.settings.locale),
        )
    except Unavailable:
        return []
    judged = suggestion.answer_key
    nearest = sorted(match.candidates[:_NEAREST], key=lambda one: one.key != judged)
    return [(one.key, one.title) for one in nearest]
