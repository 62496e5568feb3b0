"""The rules of the business: what the model keeps to, and for whom."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from chatbot.context.rules import applying
from chatbot.domain.customer import Customer
from chatbot.domain.rule import Conditions, Rule
from chatbot.errors import Conflict, Malformed, NotFound, Rejected
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import BACKGROUND, AnyRequest, visit_of

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_LOOKED_AT = 500
_NAMED = 6
_SAID = {"saved": "Saved: the next reply keeps to it", "on": "Switched on", "off": "Switched off"}


@dataclass(frozen=True, slots=True)
class RuleEditor:
    """The fields of `_rule.html`: `seen` is when the shown version was saved."""

    key: str = ""
    title: str = ""
    text: str = ""
    enabled: bool = True
    rank: int = 100
    conditions: Conditions = field(default_factory=Conditions)
    known: bool = False
    updated_at: datetime | None = None

    @property
    def seen(self) -> str:
        return self.updated_at.isoformat() if self.updated_at else ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom conditions hold for."""

    words: str
    customers: list[Customer]


@get("/rules")
async def list_rules(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    return await _show(request, office, None)


@get("/rules/new")
async def new_rule(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    return await _show(request, office, RuleEditor())


@post("/rules/new")
async def create_rule(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    return await _save(request, office, None)


@get("/rules/edit/{key:path}")
async def show_rule(
    request: AnyRequest,
    office: NamedDependency[Office],
    key: FromPath[str],
    done: FromQuery[str] = "",
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        rule = await db.rules.get(key.removeprefix("/"))
    return await _show(request, office, _editor(rule), said=_SAID.get(done, ""))


@post("/rules/edit/{key:path}")
async def save_rule(
    request: AnyRequest, office: NamedDependency[Office], key: FromPath[str]
) -> Response[Any]:
    return await _save(request, office, key.removeprefix("/"))


@post("/rules/toggle/{key:path}")
async def toggle_rule(
    request: AnyRequest, office: NamedDependency[Office], key: FromPath[str]
) -> Redirect:
    enabled = (await Form.read(request)).flag("enabled")
    async with office.desk.store.begin(visit_of(request).principal) as db:
        rule = replace(await db.rules.get(key.removeprefix("/")), enabled=enabled)
        await _put(db, rule, "rule.on" if enabled else "rule.off")
    return see(f"/admin/rules/edit/{quote(rule.key)}?done={'on' if enabled else 'off'}")


@post("/rules/preview", opt=BACKGROUND, status_code=200)
async def preview_rule(request: AnyRequest, office: NamedDependency[Office]) -> Template:
    """Whom the conditions in the form hold for."""
    form = await Form.read(request)
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "rules")
        try:
            reach = await _reach(db, _conditions(form), frame)
        except Malformed as error:
            reach = Reach(str(error), [])
    return page("admin/_applies.html", frame, reach=reach)


async def _save(request: AnyRequest, office: Office, key: str | None) -> Response[Any]:
    """Write the form; refused, it comes back as it was typed."""
    form = await Form.read(request)
    try:
        async with office.desk.store.begin(visit_of(request).principal) as db:
            await db.home.get(lock=True)  # one admin after the other
            rule = _read(form, key, db.now)
            standing = await _standing(db, rule.key)
            _unchanged(rule.key, standing, key is None, form.line("seen"))
            await _put(db, rule, "rule.save")
    except NotFound:
        raise
    except Rejected as error:
        async with office.desk.store.begin(visit_of(request).principal) as db:
            standing = await db.rules.get(key) if key else None
        typed = _typed(form, key, standing)
        return await _show(request, office, typed, wrong=str(error), status=error.status)
    return see(f"/admin/rules/edit/{quote(rule.key)}?done=saved")


def _unchanged(key: str, standing: Rule | None, new: bool, seen: str) -> None:  # noqa: FBT001 read from the address
    if new and standing is not None:
        raise Conflict(f"There is a rule {key} already: choose another key.")
    if new:
        return
    if standing is None:
        raise NotFound("rule", key)
    if seen != standing.updated_at.isoformat():
        raise Conflict(
            "Somebody changed this rule meanwhile. Your version is below: open the rule in "
            "another tab to compare, then save again to put yours in its place."
        )


async def _standing(db: "Unit", key: str) -> Rule | None:
    return next((rule for rule in await db.rules.all() if rule.key == key), None)


async def _put(db: "Unit", rule: Rule, action: str) -> None:
    await db.rules.put(
        rule.key,
        title=rule.title,
        text=rule.text,
        enabled=rule.enabled,
        rank=rule.rank,
        conditions=rule.conditions,
    )
    await db.audit.record(action, rule.key)


def _read(form: Form, key: str | None, now: datetime) -> Rule:
    title = form.line("title", needed=True)
    slug = "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:60].strip("-")
    named = key or form.line("key", longest=80) or slug or f"rule-{uuid4().hex[:8]}"
    if key is None and not _KEY.fullmatch(named):
        raise Malformed(f"The key {named[:40]!r} may hold letters, digits, dots and dashes only.")
    return Rule(
        id=uuid4(),
        key=named,
        title=title,
        text=form.text("text", longest=8_000, needed=True),
        enabled=form.flag("enabled"),
        rank=form.number("rank", least=0, most=10_000),
        updated_at=now,
        conditions=_conditions(form),
    )


def _conditions(form: Form) -> Conditions:
    conditions = Conditions(
        plans=form.words("plans"),
        locales=form.words("locales", longest=20),
        topics=form.words("topics", most=50),
        starts=form.day("starts"),
        ends=form.day("ends"),
    )
    if conditions.starts and conditions.ends and conditions.starts > conditions.ends:
        raise Malformed("The rule would end before it begins: exchange the two days.")
    return conditions


def _typed(form: Form, key: str | None, standing: Rule | None) -> RuleEditor:
    """The form to be shown again; a rank that is no number and days that are none are dropped."""
    rank = form.secret("rank").strip()
    return RuleEditor(
        key=key or form.secret("key"),
        title=form.secret("title"),
        text=form.secret("text"),
        enabled=form.flag("enabled"),
        rank=int(rank) if rank.isdecimal() and len(rank) < 6 else 100,  # noqa: PLR2004 digits
        conditions=Conditions(
            plans=form.words("plans", most=500, longest=5_000),
            locales=form.words("locales", most=500, longest=5_000),
            topics=form.words("topics", most=500, longest=5_000),
            starts=_day(form, "starts"),
            ends=_day(form, "ends"),
        ),
        known=key is not None,
        updated_at=standing.updated_at if standing else None,
    )


def _day(form: Form, name: str) -> date | None:
    try:
        return form.day(name)
    except Malformed:
        return None


def _editor(rule: Rule) -> RuleEditor:
    return RuleEditor(
        key=rule.key,
        title=rule.title,
        text=rule.text,
        enabled=rule.enabled,
        rank=rule.rank,
        conditions=rule.conditions,
        known=True,
        updated_at=rule.updated_at,
    )


async def _reach(db: "Unit", conditions: Conditions, frame: dict[str, Any]) -> Reach:
    """The customers that the conditions hold for, whatever they ask."""
    today = frame["now"].astimezone(frame["zone"]).date()
    asked = replace(conditions, topics=())
    rule = Rule(uuid4(), "preview", "", "", enabled=True, rank=0, updated_at=db.now)
    rules = [replace(rule, conditions=asked)]
    known = await db.customers.newest(limit=_LOOKED_AT)
    home = frame["workspace"].settings.locale
    held = [
        one
        for one in known
        if applying(rules, plan=one.plan, locale=one.locale or home, texts=[], today=today)
    ]
    topics = ", ".join(conditions.topics)
    when = f", when they write of {topics}" if topics else ", whatever they ask"
    return Reach(f"Holds for {len(held)} of {len(known)} customers{when}.", held[:_NAMED])


async def _show(
    request: AnyRequest,
    office: Office,
    editor: RuleEditor | None,
    *,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "rules")
        rules = await db.rules.all()
        reach = await _reach(db, editor.conditions, frame) if editor else None
    shown = {"rules": rules, "editor": editor, "reach": reach, "said": said, "wrong": wrong}
    return page("admin/rules.html", frame, status=status, **shown)
