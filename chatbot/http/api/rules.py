"""Business rules over HTTP."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field

from chatbot.domain.rule import Conditions, Rule
from chatbot.errors import Malformed
from chatbot.http.api.access import AnyRequest, caller
from chatbot.http.api.paging import Page, key_in, said
from chatbot.http.api.writes import Done, once
from chatbot.http.office import Office

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

Words = Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)]


class RuleConditions(Struct, forbid_unknown_fields=True):
    """
    When a rule applies: every part that is given must hold.

    Attributes:
        plans: The customer has one of these plans.
        locales: The customer's locale, or its language, is one of these.
        topics: One of these words occurs in the question or in the latest messages.
        starts, ends: Days (inclusive) between which it applies.
    """

    plans: Words = []
    locales: Words = []
    topics: Words = []
    starts: date | None = None
    ends: date | None = None


class RuleBody(Struct, forbid_unknown_fields=True):
    """
    A rule in Markdown.

    Attributes:
        rank: Lower comes first in what the model is told, and is cut last.
    """

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(min_length=1, max_length=8000)]
    enabled: bool = True
    rank: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    conditions: RuleConditions = field(default_factory=RuleConditions)


class RuleShown(Struct):
    rule_id: str
    title: str
    text: str
    enabled: bool
    rank: int
    conditions: RuleConditions
    updated_at: datetime


def _shown(rule: Rule) -> RuleShown:
    applies = rule.conditions
    return RuleShown(
        rule_id=rule.key,
        title=rule.title,
        text=rule.text,
        enabled=rule.enabled,
        rank=rule.rank,
        conditions=RuleConditions(
            list(applies.plans),
            list(applies.locales),
            list(applies.topics),
            applies.starts,
            applies.ends,
        ),
        updated_at=rule.updated_at,
    )


def _conditions(body: RuleConditions) -> Conditions:
    if body.starts and body.ends and body.starts > body.ends:
        raise Malformed("conditions.ends lies before conditions.starts: exchange them.")
    return Conditions(
        plans=tuple(body.plans),
        locales=tuple(body.locales),
        topics=tuple(body.topics),
        starts=body.starts,
        ends=body.ends,
    )


@get("/rules", tags=["Rules"], summary="List rules")
async def list_rules(request: AnyRequest, office: NamedDependency[Office]) -> Page[RuleShown]:
    """All of them, in the order of their rank."""
    async with office.desk.store.begin(caller(request)) as db:
        return Page([_shown(rule) for rule in await db.rules.all()], None)


@get("/rules/{rule_id:str}", tags=["Rules"], summary="Show a rule")
async def get_rule(
    request: AnyRequest, rule_id: FromPath[str], office: NamedDependency[Office]
) -> RuleShown:
    """By its id."""
    async with office.desk.store.begin(caller(request)) as db:
        return _shown(await db.rules.get(key_in("rule_id", rule_id)))


@put("/rules/{rule_id:str}", tags=["Rules"], summary="Make or replace a rule")
async def put_rule(
    request: AnyRequest,
    rule_id: FromPath[str],
    data: JSONBody[RuleBody],
    office: NamedDependency[Office],
) -> Response[RuleShown]:
    """The next question is answered by it."""
    key, conditions = key_in("rule_id", rule_id), _conditions(data.conditions)
    title, text = said("title", data.title), said("text", data.text)

    async def work(db: "Unit") -> Done:
        rule = await db.rules.put(
            key,
            title=title,
            text=text,
            enabled=data.enabled,
            rank=data.rank,
            conditions=conditions,
        )
        await db.audit.record("rule.put", key, enabled=data.enabled)
        return Done(_shown(rule))

    return await once(request, office, work)


@delete("/rules/{rule_id:str}", tags=["Rules"], summary="Delete a rule", status_code=204)
async def delete_rule(
    request: AnyRequest, rule_id: FromPath[str], office: NamedDependency[Office]
) -> Response[None]:
    """For good; `enabled: false` keeps it without effect."""
    key = key_in("rule_id", rule_id)

    async def work(db: "Unit") -> Done:
        await db.rules.remove(key)
        await db.audit.record("rule.delete", key)
        return Done(None, 204)

    return await once(request, office, work)


routes = [list_rules, get_rule, put_rule, delete_rule]
