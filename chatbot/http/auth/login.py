"""Signing in and out."""

import hmac
import logging
import secrets
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect

from chatbot.domain.principal import Principal
from chatbot.domain.workspace import User
from chatbot.errors import NotAllowed, TooMany
from chatbot.http.auth.throttle import allow, forgive
from chatbot.http.forms import Form
from chatbot.http.office import Office
from chatbot.http.pages import page, see, theme_of
from chatbot.http.visits import (
    AnyRequest,
    cookie_name,
    find_visit,
    from_our_page,
    secure,
    visit_of,
)
from chatbot.safety.keys import hashed

_log = logging.getLogger(__name__)

_HOME = "/console/"
_WRONG = "The email or the password is wrong."
_LEFT = {"out": "You are signed out.", "password": "Sign in with your new password."}


@get("/login")
async def show_login(
    request: AnyRequest,
    office: NamedDependency[Office],
    asked: Annotated[str, QueryParameter(name="next")] = "",
    left: FromQuery[str] = "",
) -> Response[Any]:
    """The form; whoever is signed in already goes on."""
    if await find_visit(request, seen=True):
        return see(_inside(asked))
    return _form(request, office, asked, said=_LEFT.get(left, ""))


@post("/login")
async def take_login(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """Check a password; the session is a new one, whatever cookie the browser came with."""
    from_our_page(request)
    form = await Form.read(request)
    _same_browser(request, form, office)
    email = form.line("email", longest=254).lower()
    asked = form.line("next", longest=500)
    try:
        await attempt(request, office, email)
        user = await _check(office, email, form.secret("password"))
    except TooMany as error:
        again = {"retry-after": str(max(1, round(error.retry_after)))}
        return _form(request, office, asked, str(error), email, status=429, headers=again)
    if user is None:
        _log.warning("sign-in refused for an address at %s", office.address_of(request))
        return _form(request, office, asked, _WRONG, email, status=401)
    await forgive(office.counters, email)
    token = await _begin(office, user, replaced=request.cookies.get(cookie_name(office), ""))
    response = see(_inside(asked))
    response.set_cookie(_cookie(office, cookie_name(office), token))
    return response


@post("/logout")
async def logout(request: AnyRequest, office: NamedDependency[Office]) -> Redirect:
    """End the session here and in the store."""
    visit = visit_of(request)
    async with office.desk.store.directory() as directory:
        await directory.end_session(visit.token_hash)
    async with office.desk.store.begin(visit.principal) as db:
        await db.audit.record("session.end", visit.session.user.email)
    return signed_out(office, "/login?left=out")


async def attempt(request: AnyRequest, office: Office, email: str) -> None:
    """
    Count somebody's attempt to prove that they are *email*.

    Raises:
        TooMany: The account or the address has had its attempts.
    """
    per_minute = office.settings.limits.sign_ins_per_minute
    await allow(office.counters, email, office.address_of(request), per_minute=per_minute)


def signed_out(office: Office, path: str) -> Redirect:
    """Go to *path* without the session's cookie."""
    response = see(path)
    gone = _cookie(office, cookie_name(office), "")
    gone.max_age = 0
    response.set_cookie(gone)
    return response


async def _check(office: Office, email: str, password: str) -> User | None:
    """The person, if the password is theirs; finding nobody takes as long."""
    async with office.desk.store.directory() as directory:
        found = await directory.user(email)
    user, stored = found or (None, None)
    fits = await office.passwords.verify(password, stored)
    return user if fits and user is not None and not user.disabled else None


async def _begin(office: Office, user: User, *, replaced: str) -> str:
    token = secrets.token_urlsafe(32)
    async with office.desk.store.directory() as directory:
        if replaced:
            await directory.end_session(hashed(replaced))
        await directory.add_session(user, hashed(token), secrets.token_urlsafe(32))
    principal = Principal(user.workspace_id, user.role, user.id, user.name)
    async with office.desk.store.begin(principal) as db:
        await db.audit.record("session.begin", user.email)
    return token


def _form(
    request: AnyRequest,
    office: Office,
    asked: str,
    wrong: str = "",
    email: str = "",
    *,
    said: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    nonce = secrets.token_urlsafe(24)
    response = page(
        "auth/login.html",
        {"company": "", "theme": theme_of(request)},
        status=status,
        csrf=hashed(nonce),
        next=_inside(asked),
        wrong=wrong,
        email=email,
        left=said,
    )
    response.headers.update(headers or {})
    response.set_cookie(_cookie(office, _nonce_name(office), nonce))
    return response


def _same_browser(request: AnyRequest, form: Form, office: Office) -> None:
    """Nobody signs another person's browser in as themselves."""
    nonce = request.cookies.get(_nonce_name(office), "")
    given = form.secret("csrf").encode()  # as text, only ASCII could be compared
    if not nonce or not hmac.compare_digest(hashed(nonce).encode(), given):
        raise NotAllowed("This form is too old: open the sign-in page again.")


def _nonce_name(office: Office) -> str:
    return "__Host-login" if secure(office) else "login"


def _cookie(office: Office, name: str, value: str) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        secure=secure(office),
        httponly=True,
        samesite="strict",
    )


def _inside(path: str) -> str:
    """A page of ours; anything else is the first page."""
    ours = path.startswith(("/console", "/admin", "/account"))
    return path if ours and "\\" not in path and path.isprintable() else _HOME
