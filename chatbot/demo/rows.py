"""
What the demo company's files may say, field by field.

Days are counted from the moment of loading, so that a parcel is as late next year as it is today.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec

from chatbot.domain.answer import AnswerContent
from chatbot.domain.conversation import State
from chatbot.domain.principal import Role
from chatbot.domain.rule import Conditions
from chatbot.domain.ticket import Category, Priority, Review, Status, TicketDraft
from chatbot.domain.workspace import WorkspaceSettings

IN_DAYS = "_in_days"

Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1200)]
Phrasings = Annotated[tuple[Short, ...], msgspec.Meta(min_length=3, max_length=8)]
Ago = Annotated[float, msgspec.Meta(ge=0)]
EventKind = Literal["order", "payment", "delivery", "return", "repair", "membership"]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something written in a file of the company; an unknown field is refused."""


class Login(Row, frozen=True):
    """A person of the company; passwords are made per installation, never here."""

    name: Short
    email: Short
    role: Role


class Profile(Row, frozen=True):
    """`company.json`: the workspace itself."""

    slug: Slug
    name: Short
    bot_name: Short
    greeting: Short
    accent: Annotated[str, msgspec.Meta(pattern="^#[0-9a-f]{6}$")]
    link_hosts: tuple[Short, ...]
    risk: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    answer_within_s: Annotated[int, msgspec.Meta(gt=0)]
    locale: Short
    timezone: Short
    logins: tuple[Login, ...]

    def settings(self, sites: tuple[str, ...] = ()) -> WorkspaceSettings:
        """The workspace's settings, with *sites* as the origins that may open the widget."""
        return WorkspaceSettings(
            sites=sites,
            bot_name=self.bot_name,
            accent=self.accent,
            greeting=self.greeting,
            link_hosts=self.link_hosts,
            risk=self.risk,
            answer_within_s=self.answer_within_s,
            locale=self.locale,
            timezone=self.timezone,
        )


class DemoAnswer(Row, frozen=True):
    """One row of `answers.jsonl`, in the format that `chatbot answers import` reads."""

    answer_id: Slug
    title: Short
    questions: Phrasings
    answer: Text
    state: Literal["draft", "published"]
    tags: tuple[Slug, ...]
    locale: Short

    def content(self) -> AnswerContent:
        """The row as the first revision of an answer."""
        return AnswerContent(
            title=self.title,
            text=self.answer,
            phrasings=self.questions,
            tags=self.tags,
            locale=self.locale,
        )


class DemoConditions(Row, frozen=True):
    """When a rule applies; both days are counted from the day of loading and may be negative."""

    plans: tuple[Short, ...] = ()
    locales: tuple[Short, ...] = ()
    topics: tuple[Short, ...] = ()
    starts_in_days: int | None = None
    ends_in_days: int | None = None

    def on(self, today: date) -> Conditions:
        """The conditions of a rule loaded on *today*."""
        return Conditions(
            plans=self.plans,
            locales=self.locales,
            topics=self.topics,
            starts=_day(today, self.starts_in_days),
            ends=_day(today, self.ends_in_days),
        )


def _day(today: date, after: int | None) -> date | None:
    return None if after is None else today + timedelta(days=after)


class DemoRule(Row, frozen=True):
    """One business rule."""

    key: Slug
    title: Short
    text: Text
    enabled: bool
    rank: int
    conditions: DemoConditions


class DemoEvent(Row, frozen=True):
    """
    Something dated that happened to a customer.

    Attributes:
        days_ago: Days before the moment of loading; may be fractional.
        data: Facts; a name ending in `_in_days` holds whole days from the day of loading.
    """

    id: Short
    kind: EventKind
    days_ago: Ago
    data: dict[str, Any]

    def facts(self, today: date) -> dict[str, Any]:
        """`data` as of *today*: `expected_in_days: 2` becomes `expected` with its ISO date."""
        return {
            name.removesuffix(IN_DAYS): (
                (today + timedelta(days=value)).isoformat() if name.endswith(IN_DAYS) else value
            )
            for name, value in self.data.items()
        }


class DemoCustomer(Row, frozen=True):
    """One customer with what is known of them, newest facts in no particular order."""

    external_id: Slug
    name: Short
    email: Short
    plan: Short
    locale: Short
    attributes: dict[str, Any]
    events: Annotated[tuple[DemoEvent, ...], msgspec.Meta(min_length=1, max_length=7)]


class DemoMessage(Row, frozen=True):
    """
    One message of a past conversation.

    Attributes:
        minutes: Since the conversation began.
        answers: Saved answers that a bot's message rests on.
        rung: What spoke, for a bot's message only.
        by: The login's name, for an agent's message or note only.
    """

    role: Literal["customer", "bot", "agent", "note"]
    minutes: Ago
    text: Text
    answers: tuple[Slug, ...] = ()
    rung: Literal["model", "answer_bank", "handoff"] | None = None
    by: Short | None = None


class DemoTicket(Row, frozen=True):
    """The ticket that a conversation led to."""

    subject: Short
    summary: Text
    priority: Priority
    category: Category
    status: Status
    review: Review
    opened_by: Literal["bot", "customer", "agent"]

    def draft(self) -> TicketDraft:
        """The ticket before it has a number."""
        return TicketDraft(self.subject, self.summary, self.priority, self.category, self.opened_by)


class DemoFeedback(Row, frozen=True):
    """Helpful (1) or not (-1), for the bot's message at `message_index`, counting from 0."""

    message_index: Annotated[int, msgspec.Meta(ge=0)]
    value: Literal[1, -1]
    comment: Short | None = None


class DemoConversation(Row, frozen=True):
    """
    A conversation that took place before the demo was loaded.

    Attributes:
        customer: External id of the customer.
        days_ago: When it began, in days before the moment of loading.
        rating: Satisfaction from 1 to 5; None when the customer gave none.
    """

    customer: Slug
    days_ago: Ago
    state: State
    messages: Annotated[tuple[DemoMessage, ...], msgspec.Meta(min_length=1)]
    ticket: DemoTicket | None
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)] | None
    feedback: tuple[DemoFeedback, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """The whole demo company."""

    profile: Profile
    answers: tuple[DemoAnswer, ...]
    rules: tuple[DemoRule, ...]
    customers: tuple[DemoCustomer, ...]
    conversations: tuple[DemoConversation, ...]
