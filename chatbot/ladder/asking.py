"""From a turn to the ask that every rung is given."""

import logging
from collections.abc import Sequence

from chatbot.answers.keeper import BankKeeper
from chatbot.context.assemble import assemble
from chatbot.context.situation import Situation
from chatbot.domain.answer import BankAnswer, Match
from chatbot.domain.ask import Ask, Prompt
from chatbot.domain.conversation import Turn
from chatbot.domain.principal import Principal
from chatbot.prompts.registry import Registry

_log = logging.getLogger(__name__)

UNMATCHED = Match("abstain", (), 1.0, "lexical", "none", behind=True)
"""What is known of a question when there is no bank to ask."""


async def prepare(
    turn: Turn,
    by: Principal,
    situation: Situation,
    bank: BankKeeper,
    prompts: Registry,
    *,
    received_at: float,
    plans: Sequence[str],
) -> Ask:
    """
    Match the question against the bank and assemble the context.

    A bank that is not ready, or that fails, costs its own rung and the grounding, not the turn.
    """
    match, grounding = await _matched(turn, situation, bank)
    return assemble(
        turn, by, situation, match, grounding, prompts, received_at=received_at, plans=plans
    )


def least(turn: Turn, by: Principal, situation: Situation, *, received_at: float) -> Ask:
    """What suffices to hand a turn to a person, and so can hardly fail."""
    return Ask(
        principal=by,
        workspace_slug=situation.workspace.slug,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        attempt=turn.attempt,
        question=turn.question,
        locale=situation.locale,
        messages=(),
        prompt=Prompt("none", "", ""),
        match=UNMATCHED,
        grounding=(),
        rules=(),
        personal=True,
        follow_up=True,
        input_tokens=0,
        max_output_tokens=0,
        received_at=received_at,
        bank_version=UNMATCHED.version,
    )


async def _matched(
    turn: Turn, situation: Situation, bank: BankKeeper
) -> tuple[Match, list[BankAnswer]]:
    home = situation.workspace
    try:
        match = await bank.match(
            home.id,
            home.bank_version,
            turn.question,
            home.settings.risk,
            (situation.locale, home.settings.locale),
        )
        found = [bank.answer(home.id, match.version, each.key) for each in match.candidates]
    except Exception:  # whatever is wrong with a bank, the other rungs can do without  # noqa: BLE001
        _log.exception("the bank of workspace %s did not match a question", home.id)
        return UNMATCHED, []
    return match, found
