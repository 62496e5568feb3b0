"""Who may sign in."""

import re
from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chatbot.domain.principal import Role
from chatbot.errors import Conflict, Malformed, Rejected
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of, undo
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import REVOKED, AnyRequest, visit_of
from chatbot.safety.passwords import one_time_password

_ROLES: tuple[Role, ...] = get_args(Role)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_NOBODY = {"name": "", "email": "", "role": "agent"}


@get("/people")
async def show_people(
    request: AnyRequest,
    office: NamedDependency[Office],
    done: FromQuery[str] = "",
    person: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """Everybody; after a `done=disabled` the person can be let in again at once."""
    return await _show(request, office, disabled=person if done == "disabled" else None)


@post("/people", status_code=200)
async def add_person(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """Add somebody with a password that only the answering page shows."""
    form, by = await Form.read(request), visit_of(request).principal
    password = one_time_password()
    try:
        name = form.line("name", longest=80, needed=True)
        email = form.line("email", longest=254, needed=True).lower()
        if not _EMAIL.fullmatch(email):
            raise Malformed(f"{email[:60]!r} is no email address; write name@example.com.")
        role = form.choice("role", _ROLES)
        hashed = await office.passwords.hash(password)
        async with office.desk.store.directory() as directory:
            await directory.add_user(
                by.workspace, email=email, name=name, role=role, password_hash=hashed
            )
    except Rejected as error:
        typed = {field: form.secret(field) for field in _NOBODY}
        return await _show(request, office, wrong=str(error), draft=typed, status=error.status)
    async with office.desk.store.begin(by) as db:
        await db.audit.record("user.add", email, role=role)
    created = {"said": f"{name} can sign in as {email}.", "password": password}
    return await _show(request, office, created=created)


@post("/people/{user_id:uuid}/password", status_code=200)
async def reset_password(
    request: AnyRequest, office: NamedDependency[Office], user_id: FromPath[UUID]
) -> Response[Any]:
    """A new one-time password; every session made with the old one ends."""
    password = one_time_password()
    hashed = await office.passwords.hash(password)
    async with office.desk.store.begin(visit_of(request).principal) as db:
        user = await db.people.get(user_id)
        await db.people.set_password(user_id, hashed)
        await db.audit.record("user.password", user.email, by="an owner")
    await office.desk.bus.broadcast(REVOKED, str(user_id))
    created = {"said": f"{user.name} was signed out everywhere.", "password": password}
    return await _show(request, office, created=created)


@post("/people/{user_id:uuid}/disable")
async def disable_person(
    request: AnyRequest, office: NamedDependency[Office], user_id: FromPath[UUID]
) -> Redirect:
    """Shut somebody out; their sessions end at once."""
    by = visit_of(request).principal
    if user_id == by.id:
        raise Conflict("You cannot disable yourself: ask another owner.")
    async with office.desk.store.begin(by) as db:
        user = await db.people.get(user_id)
        await db.people.set_disabled(user_id, disabled=True)
        await db.audit.record("user.disable", user.email)
    await office.desk.bus.broadcast(REVOKED, str(user_id))
    return see(f"/admin/people?done=disabled&person={user_id}")


@post("/people/{user_id:uuid}/enable")
async def enable_person(
    request: AnyRequest, office: NamedDependency[Office], user_id: FromPath[UUID]
) -> Redirect:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        user = await db.people.get(user_id)
        await db.people.set_disabled(user_id, disabled=False)
        await db.audit.record("user.enable", user.email)
    return see("/admin/people")


async def _show(
    request: AnyRequest,
    office: Office,
    *,
    wrong: str = "",
    draft: Mapping[str, str] | None = None,
    created: Mapping[str, str] | None = None,
    disabled: UUID | None = None,
    status: int = 200,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "people")
        people = await db.people.all()
    gone = next((user for user in people if user.id == disabled and user.disabled), None)
    if gone is not None:
        action = f"/admin/people/{gone.id}/enable"
        frame["undo"] = undo(f"{gone.name} can no longer sign in.", action)
    shown = {"people": people, "draft": draft or _NOBODY, "created": created, "wrong": wrong}
    return page("admin/people.html", frame, status=status, **shown)
