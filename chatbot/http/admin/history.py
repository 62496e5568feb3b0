"""Every version of an answer that was ever saved."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chatbot.answers.curation import restore
from chatbot.http.admin.differences import differences
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import AnyRequest, visit_of


@get("/answers/history/{key:path}")
async def show_history(
    request: AnyRequest,
    office: NamedDependency[Office],
    key: FromPath[str],
    old: FromQuery[int] = 0,
    new: FromQuery[int] = 0,
) -> Response[Any]:
    """The revisions, and what changed between two of them: the last two unless asked."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
        answer = await db.answers.get(key.removeprefix("/"))
        revisions = await db.answers.history(answer.id)
    numbered = {revision.number: revision for revision in revisions}
    later = numbered.get(new or answer.revision)
    earlier = numbered.get(old or (later.number - 1 if later else 0))
    shown = {
        "answer": answer,
        "revisions": revisions,
        "old": earlier,
        "new": later if earlier else None,
        "differences": differences(earlier.content, later.content) if earlier and later else [],
    }
    return page("admin/history.html", frame, **shown)


@post("/answers/restore/{key:path}")
async def restore_answer(
    request: AnyRequest, office: NamedDependency[Office], key: FromPath[str]
) -> Redirect:
    form, named = await Form.read(request), key.removeprefix("/")
    answer = await restore(
        named,
        form.number("number", least=1, most=10**9),
        based_on=form.number("revision", least=1, most=10**9),
        by=visit_of(request).principal,
        store=office.desk.store,
    )
    return see(f"/admin/answers/edit/{quote(answer.key)}?state={answer.state}&done=restored")
