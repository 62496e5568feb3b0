"""What an answer would do, shown while it is being written."""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Template

from chatbot.answers.curation import LONGEST_TEXT
from chatbot.answers.preview import would_match
from chatbot.errors import Malformed, TooLarge
from chatbot.http.admin.editing import read_content
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import BACKGROUND, AnyRequest, visit_of


@post("/answers/preview", opt=BACKGROUND, status_code=200)
async def preview_answer(request: AnyRequest, office: NamedDependency[Office]) -> Template:
    """The reply as customers will read it."""
    form = await Form.read(request)
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
    return page("admin/_preview.html", frame, text=form.text("text", longest=LONGEST_TEXT))


@post("/answers/match", opt=BACKGROUND, status_code=200)
async def try_answer(request: AnyRequest, office: NamedDependency[Office]) -> Template:
    """What the bank would make of a question if the form were published."""
    form, by = await Form.read(request), visit_of(request).principal
    question = form.line("question", longest=500)
    key = form.line("editing", longest=200) or "new"
    async with office.desk.store.begin(by) as db:
        frame = await frame_of(db, request, "book")
    settings = frame["workspace"].settings
    match, why = None, ""
    if question:
        try:
            match = await would_match(
                question,
                key,
                read_content(form),
                risk=settings.risk,
                today=frame["now"].astimezone(frame["zone"]).date(),
                by=by,
                store=office.desk.store,
                encoder=office.house.encoder,
                fitted=office.house.bank.fingerprint,
            )
        except (Malformed, TooLarge) as error:
            why = str(error)
    return page("admin/_match.html", frame, match=match, why=why, risk=settings.risk, key=key)
