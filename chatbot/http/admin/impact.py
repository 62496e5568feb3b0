"""What publishing a form would do to the questions that customers asked lately."""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Template

from chatbot.answers.impact import impact_of
from chatbot.errors import Malformed, TooLarge, Unavailable
from chatbot.http.admin.editing import read_content
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import BACKGROUND, AnyRequest, visit_of


@post("/answers/impact", opt=BACKGROUND, status_code=200)
async def show_impact(request: AnyRequest, office: NamedDependency[Office]) -> Template:
    """The recent questions that would be answered anew, differently or no more."""
    form, by = await Form.read(request), visit_of(request).principal
    async with office.desk.store.begin(by) as db:
        frame = await frame_of(db, request, "book")
    impact, why = None, ""
    try:
        async with office.previews:
            impact = await impact_of(
                form.line("editing", longest=200) or "new",
                read_content(form),
                risk=frame["workspace"].settings.risk,
                today=frame["now"].astimezone(frame["zone"]).date(),
                by=by,
                store=office.desk.store,
                encoder=office.house.encoder,
                fitted=office.house.bank.fingerprint,
                clock=office.desk.clock,
            )
    except (Malformed, TooLarge, Unavailable) as error:
        why = str(error)
    return page("admin/_impact.html", frame, impact=impact, why=why)
