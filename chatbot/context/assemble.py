"""
Everything a rung is given for one question, and nothing of anybody else.

A model reads it in this order: the system prompt, which is the same for all customers of a
workspace and stays in the provider's cache; the conversation so far, to which each turn only
adds; and one last message with the data, in blocks, and the question. Models that insist on
turns that alternate get them.
"""

from collections.abc import Callable, Mapping, Sequence

from chatbot.context.blocks import as_line, clean, fresh_mark, joined, render
from chatbot.context.budget import BUDGET, Parts
from chatbot.context.customer import MOST_EVENTS, event, known, profile
from chatbot.context.grounding import chosen, texts
from chatbot.context.history import read
from chatbot.context.personal import asks_own_state, kinds
from chatbot.context.rules import applying
from chatbot.context.situation import Situation
from chatbot.context.tokens import clip, count
from chatbot.domain.answer import BankAnswer, Match
from chatbot.domain.ask import Ask, PromptMessage
from chatbot.domain.conversation import Turn
from chatbot.domain.principal import Principal
from chatbot.domain.rule import Rule
from chatbot.domain.ticket import Ticket
from chatbot.prompts.registry import Registry

_OVERHEAD = 160
"""Tokens of the blocks' delimiters and of the messages around them."""

_LONGEST_RULE = 400
_LONGEST_SUBJECT = 300
_TOPICS_IN = 3
"""How many of the customer's messages before the question are searched for a rule's topics."""


def assemble(
    turn: Turn,
    by: Principal,
    situation: Situation,
    match: Match,
    grounding: Sequence[BankAnswer],
    prompts: Registry,
    *,
    received_at: float,
    plans: Sequence[str] = (),
    budget: int = BUDGET,
    make_mark: Callable[[], str] = fresh_mark,
) -> Ask:
    """
    Build the ask for one question.

    Args:
        turn: The question and the work of answering it.
        by: The customer; nothing of anybody else may be among the other arguments.
        situation: What is known of them, of the conversation and of the company.
        match: What the bank made of the question.
        grounding: Published answers, best first.
        prompts: Where the system prompt comes from.
        received_at: `Clock.monotonic()` when the question arrived.
        plans: Of customers, those who are served first first.
        budget: Tokens of input; what is over is cut by value.
        make_mark: Makes what delimits the blocks of this ask.
    """
    home, facts = situation.workspace, situation.facts
    file = prompts["support"]
    prompt = file.render(bot=home.settings.bot_name, company=home.name)
    before = read(situation.history, question_id=turn.message_id)
    rules = applying(
        situation.rules,
        plan=facts.customer.plan,
        locale=situation.locale,
        texts=(turn.question, *before.said_by_customer[-_TOPICS_IN:]),
        today=situation.today,
    )
    parts = Parts(
        turns=list(before.turns),
        answers=list(texts(grounding)),
        rules=[_rule(rule) for rule in rules],
        events=[event(happened) for happened in facts.events[:MOST_EVENTS]],
    )
    always = {
        "customer": profile(facts),
        "conversation": _conversation(situation),
        "question": "\n".join((*before.unanswered, turn.question)),
    }
    fixed = count(prompt.text) + sum(map(count, always.values())) + _OVERHEAD
    parts.fit(budget - fixed)
    messages = (
        PromptMessage("system", prompt.text),
        *parts.turns,
        PromptMessage("user", render(_blocks(parts, always), make_mark)),
    )
    earlier = bool(before.turns or before.unanswered)
    about = kinds(turn.question, earlier=earlier)
    return Ask(
        principal=by,
        workspace_slug=home.slug,
        conversation_id=situation.conversation.id,
        turn_id=turn.id,
        attempt=turn.attempt,
        question=turn.question,
        locale=situation.locale,
        messages=messages,
        prompt=prompt,
        match=match,
        grounding=chosen(grounding)[: len(parts.answers)],
        rules=tuple(rule.title for rule in rules[: len(parts.rules)]),
        personal=known(facts) or asks_own_state(about),
        follow_up="follow_up" in about,
        input_tokens=fixed + parts.size(),
        max_output_tokens=file.max_output_tokens,
        received_at=received_at,
        bank_version=match.version,
        rules_version=home.rules_version,
        tickets=tuple(sorted(before.tickets | {ticket.number for ticket in situation.tickets})),
        earlier=earlier,
        priority=_priority(facts.customer.plan, plans),
    )


def _priority(plan: str, plans: Sequence[str]) -> float:
    """Where *plan* stands among those that come first; 1 for any other."""
    ranked = [each.casefold() for each in plans]
    known = plan.casefold()
    return ranked.index(known) / len(ranked) if known in ranked else 1.0


def _blocks(parts: Parts, always: Mapping[str, str]) -> dict[str, str]:
    happened = joined(["events, newest first:", *parts.events]) if parts.events else ""
    return {
        "rules": "\n\n".join(parts.rules),
        "customer": joined([always["customer"], happened]),
        "answers": "\n\n".join(parts.answers),
        "conversation": always["conversation"],
        "question": always["question"],
    }


def _rule(rule: Rule) -> str:
    title = " ".join(clean(rule.title).split())
    return f"{title}\n{clip(clean(rule.text), _LONGEST_RULE).strip()}"


def _conversation(situation: Situation) -> str:
    return joined(
        [
            f"today: {situation.today:%A %Y-%m-%d}",
            *map(_ticket, situation.tickets),
        ]
    )


def _ticket(ticket: Ticket) -> str:
    return f"ticket #{ticket.number}, {ticket.status}: {as_line(ticket.subject, _LONGEST_SUBJECT)}"
