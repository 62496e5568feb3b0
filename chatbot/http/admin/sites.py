"""Where the widget may appear, how it looks, and the keys of the company's own servers."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chatbot.customers.welcome import identity_place
from chatbot.domain.webhook import Outcome
from chatbot.domain.workspace import WorkspaceSettings
from chatbot.errors import Malformed, Rejected
from chatbot.http.accent import parse
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.sites import origin_of
from chatbot.http.visits import AnyRequest, visit_of
from chatbot.safety.keys import hashed

_SAID = {
    "saved": "Saved: widgets that open from now on show it",
    "revoked": "Key revoked",
    "webhook": "Saved: answers are sent there from now on",
    "removed": "Removed: nothing is sent any more",
}
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+|localhost")
_LONGEST_WAIT_M = 14 * 24 * 60


@dataclass(frozen=True, slots=True)
class WebhookSaid:
    """
    What the webhook's part of the page says once.

    Attributes:
        secret: A new one.
        outcome: Of a test.
        typed: An address that was refused.
    """

    secret: str = ""
    outcome: Outcome | None = None
    typed: str = ""


@get("/sites")
async def show_sites(
    request: AnyRequest, office: NamedDependency[Office], done: FromQuery[str] = ""
) -> Response[Any]:
    return await show(request, office, said=_SAID.get(done, ""))


@post("/sites/settings")
async def save_settings(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """All of the widget's settings at once; refused, nothing of them is changed."""
    form = await Form.read(request)
    try:
        async with office.desk.store.begin(visit_of(request).principal) as db:
            home = await db.home.get(lock=True)
            settings = _read(form, home.settings)
            await db.home.save_settings(home.name, settings)
            await db.audit.record("workspace.settings", home.slug)
    except Rejected as error:
        return await show(request, office, wrong=str(error), typed=form, status=error.status)
    office.sites.forget()
    return see("/admin/sites?done=saved")


@post("/sites/keys", status_code=200)
async def create_key(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """Make an API key; the page that answers is the only place where it is ever shown."""
    form = await Form.read(request)
    try:
        name = form.line("name", longest=60, needed=True)
    except Malformed as error:
        return await show(request, office, wrong=str(error), status=error.status)
    key = f"cb_{secrets.token_urlsafe(32)}"
    async with office.desk.store.begin(visit_of(request).principal) as db:
        await db.home.add_api_key(name, hashed(key))
        await db.audit.record("key.create", name)
    return await show(request, office, created={"name": name, "key": key})


@post("/sites/keys/{key_id:uuid}/revoke")
async def revoke_key(
    request: AnyRequest, office: NamedDependency[Office], key_id: FromPath[UUID]
) -> Redirect:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        await db.home.revoke_api_key(key_id)
        await db.audit.record("key.revoke", str(key_id))
    return see("/admin/sites?done=revoked")


@post("/sites/secret", status_code=200)
async def replace_secret(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """A new identity secret, shown once and sealed; the one before no longer counts."""
    by = visit_of(request).principal
    secret = secrets.token_urlsafe(32)
    sealed = office.keyring.seal(secret, place=identity_place(by.workspace))
    async with office.desk.store.begin(by) as db:
        await db.home.replace_identity_secret(sealed)
        await db.audit.record("workspace.identity_secret", "replaced")
    return await show(request, office, secret=secret)


def _read(form: Form, now: WorkspaceSettings) -> WorkspaceSettings:
    accent = form.line("accent")
    parse(accent)
    minutes = form.number("answer_within_m", least=1, most=_LONGEST_WAIT_M)
    return replace(
        now,
        sites=tuple(map(_site, form.lines("sites", most=50, longest=300))),
        link_hosts=tuple(map(_host, form.lines("link_hosts", most=50, longest=253))),
        bot_name=form.line("bot_name", longest=40, needed=True),
        greeting=form.line("greeting", longest=200, needed=True),
        accent=accent.lower(),
        answer_within_s=minutes * 60,
        risk=_risk(form.line("risk")),
    )


def _site(text: str) -> str:
    origin = origin_of(text.rstrip("/"))
    if not origin:
        raise Malformed(f"The site {text[:60]!r} is no origin; write https://www.example.com.")
    return origin


def _host(text: str) -> str:
    host = text.lower()
    if not _HOST.fullmatch(host):
        raise Malformed(f"The host {text[:60]!r} is no host name; write www.example.com.")
    return host


def _risk(text: str) -> float:
    try:
        percent = float(text.replace(",", ".").removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0.1 <= percent <= 20:  # noqa: PLR2004 as the sentence says
        raise Malformed(f"The risk reads {text[:20]!r}; write a number from 0.1 to 20.")
    return percent / 100


async def show(
    request: AnyRequest,
    office: Office,
    *,
    said: str = "",
    wrong: str = "",
    created: Mapping[str, str] | None = None,
    secret: str = "",
    typed: Form | None = None,
    status: int = 200,
    webhook: WebhookSaid | None = None,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "globe")
        keys = await db.home.api_keys()
        hook = await db.webhooks.get()
        deliveries = await db.webhooks.latest()
    settings = frame["workspace"].settings
    fields = _fields(settings) | ({} if typed is None else _as_typed(typed))
    return page(
        "admin/sites.html",
        frame,
        status=status,
        fields=fields,
        keys=keys,
        public_url=office.settings.public_url,
        said=said,
        wrong=wrong,
        created=created,
        secret=secret,
        hook=hook,
        deliveries=deliveries,
        webhook=webhook or WebhookSaid(),
    )


def _fields(settings: WorkspaceSettings) -> dict[str, str]:
    return {
        "sites": "\n".join(settings.sites),
        "link_hosts": "\n".join(settings.link_hosts),
        "bot_name": settings.bot_name,
        "greeting": settings.greeting,
        "accent": settings.accent,
        "answer_within_m": str(settings.answer_within_s // 60),
        "risk": f"{settings.risk * 100:g}",
    }


def _as_typed(form: Form) -> dict[str, str]:
    names = ("sites", "link_hosts", "bot_name", "greeting", "answer_within_m", "risk")
    return {name: form.secret(name) for name in names}
