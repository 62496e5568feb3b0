"""Situations, asks and the nouns around them, made in one line each."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from chatbot.answers.ownstate import shipped
from chatbot.context.assemble import assemble
from chatbot.context.situation import Situation
from chatbot.domain.answer import BankAnswer, Candidate, Match
from chatbot.domain.ask import Ask
from chatbot.domain.conversation import Conversation, Entry, EntryKind, Speaker, Turn
from chatbot.domain.customer import Customer, CustomerEvent, CustomerFacts
from chatbot.domain.principal import Principal
from chatbot.domain.rule import Conditions, Rule
from chatbot.domain.ticket import Ticket
from chatbot.domain.workspace import Workspace, WorkspaceSettings
from chatbot.prompts.registry import Registry

MARK = "5eed5eed5eed"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
_ROOT = UUID("00000000-0000-0000-0000-00000000c0de")
PROMPTS = Registry()
ANYBODYS = (-shipped().weights / np.linalg.norm(shipped().weights)).astype(np.float32)
"""The vector of a question that anybody could ask."""


def uid(name: object) -> UUID:
    """The same id for the same name, in every test."""
    return uuid5(_ROOT, str(name))


HOME = Workspace(
    uid("home"),
    "fjell",
    "Fjell & Tarn",
    "fjell",
    WorkspaceSettings(bot_name="Runa", timezone="Europe/Oslo"),
)
RETURNS = BankAnswer(
    "returns-window", "How long can I return something?", "Within 30 days.", ("Returns?",)
)
CARE = BankAnswer("wool-care", "How do I wash wool?", "By hand, in cold water.", ("Wash wool?",))


def customer(name: str = "", **more: Any) -> Customer:  # noqa: ANN401 any field
    fields: dict[str, Any] = {
        "external_id": name or None,
        "name": name,
        "email": f"{name.lower()}@example.test" if name else "",
        "plan": "plus" if name else "",
        "locale": "en",
        "attributes": {},
        "verified": bool(name),
        "created_at": NOW,
    }
    return Customer(id=uid(name), **(fields | more))


def ordered(number: str, item: str, *, days_ago: int = 3) -> CustomerEvent:
    at = NOW - timedelta(days=days_ago)
    return CustomerEvent(uid(number), uid("x"), "order", at, {"number": number, "item": item})


def rule(title: str, text: str = "", *, rank: int = 1, **conditions: Any) -> Rule:  # noqa: ANN401
    key = title.lower().replace(" ", "-")
    body = text or f"{title}."
    return Rule(uid(title), key, title, body, True, rank, NOW, Conditions(**conditions))  # noqa: FBT003


def entry(
    seq: int, role: Speaker, text: str, *, kind: EntryKind = "message", **data: object
) -> Entry:
    return Entry(uid(seq), uid("talk"), seq, kind, NOW, role, text, data=data)


def ticket(number: int, subject: str = "Lamp") -> Ticket:
    return Ticket(
        uid(f"ticket {number}"),
        number,
        uid("talk"),
        uid(""),
        subject,
        "",
        "medium",
        "other",
        "open",
        "pending",
        "bot",
        None,
        NOW,
        NOW,
        None,
    )


def situation(
    *history: Entry,
    facts: CustomerFacts | None = None,
    rules: tuple[Rule, ...] = (),
    tickets: tuple[Ticket, ...] = (),
    workspace: Workspace = HOME,
) -> Situation:
    facts = facts or CustomerFacts(customer())
    talk = Conversation(uid("talk"), facts.customer.id, "bot", len(history), None, NOW, NOW)
    return Situation(workspace, talk, history, facts, rules, tickets, NOW)


def match(*answers: BankAnswer, verdict: Any = "abstain") -> Match:  # noqa: ANN401 a literal
    candidates = tuple(Candidate(answer.key, answer.title, 0.5) for answer in answers)
    return Match(verdict, candidates, 0.9, "semantic", "7", vector=ANYBODYS)


def ask(
    question: str = "How long can I return something?",
    around: Situation | None = None,
    *answers: BankAnswer,
    **more: Any,  # noqa: ANN401 of `assemble`
) -> Ask:
    """A finished context, made as the application makes it."""
    around = around or situation()
    turn = Turn(uid("turn"), uid("talk"), uid("question"), uid("reply"), 1, 1, question)
    principal = Principal(around.workspace.id, "customer", around.facts.customer.id)
    options: dict[str, Any] = {"received_at": 0.0, "make_mark": lambda: MARK} | more
    return assemble(turn, principal, around, match(*answers), answers, PROMPTS, **options)


def last_message(asked: Ask) -> str:
    """The message with the data and the question."""
    return asked.messages[-1].text


def block(asked: Ask, name: str) -> str:
    """What stands between a block's delimiters; empty when there is no such block."""
    _, _, rest = last_message(asked).partition(f"<<<{name} {MARK}\n")
    return rest.partition(f"\n{MARK}>>>")[0]
