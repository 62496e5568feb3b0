"""A person's own page: who they are here, their colours, their password."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from chatbot.errors import Malformed, TooMany
from chatbot.http.auth.login import attempt, signed_out
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import REVOKED, AnyRequest, Visit, secure, visit_of

_YEAR_S = 365 * 24 * 3600


@get("/account")
async def show_account(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    return await _account(request, office, visit_of(request))


@post("/account/theme")
async def choose_theme(request: AnyRequest, office: NamedDependency[Office]) -> Redirect:
    """The choice stays in the browser: it belongs to the screen, not to the person."""
    theme = (await Form.read(request)).choice("theme", ("", "light", "dark"))
    response = see("/account")
    response.set_cookie(
        "theme",
        theme,
        max_age=_YEAR_S if theme else 0,
        secure=secure(office),
        httponly=True,
        samesite="strict",
    )
    return response


@post("/account/password")
async def change_password(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """The present password proves who asks; a new one ends every session."""
    visit = visit_of(request)
    form = await Form.read(request)
    user = visit.session.user
    try:
        await attempt(request, office, user.email)
        await _prove(office, user.email, form.secret("present"))
        hashed = await office.passwords.hash(form.secret("chosen"))
    except (Malformed, TooMany) as error:
        return await _account(request, office, visit, wrong=str(error), status=error.status)
    async with office.desk.store.begin(visit.principal) as db:
        await db.people.set_password(user.id, hashed)
        await db.audit.record("user.password", user.email, by="themselves")
    await office.desk.bus.broadcast(REVOKED, str(user.id))
    return signed_out(office, "/login?left=password")


async def _prove(office: Office, email: str, password: str) -> None:
    async with office.desk.store.directory() as directory:
        found = await directory.user(email)
    if not await office.passwords.verify(password, found[1] if found else None):
        raise Malformed("The present password is wrong.")


async def _account(
    request: AnyRequest, office: Office, visit: Visit, *, wrong: str = "", status: int = 200
) -> Response[Any]:
    async with office.desk.store.begin(visit.principal) as db:
        frame = await frame_of(db, request, "account")
    expires_at = visit.session.expires_at
    return page("auth/account.html", frame, status=status, expires_at=expires_at, wrong=wrong)
