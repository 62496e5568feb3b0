"""
An agent's words, reworded by a model into an answer for everybody; the agent's own where it fails.

A draft is only ever a draft: a person publishes it. It is refused when it has a figure or a link
that the agent did not write.
"""

import asyncio
import json
import logging
import re
from contextlib import aclosing
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from chatbot.completions.calls import CallCollector
from chatbot.domain.ask import (
    CallPiece,
    Completed,
    CompletionRequest,
    Prompt,
    PromptMessage,
    TextPiece,
)
from chatbot.domain.principal import system
from chatbot.domain.suggestion import Suggestion
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Clock, Provider
from chatbot.prompts.registry import Registry
from chatbot.spend.ledger import Attempt, Booked, Ledger

if TYPE_CHECKING:
    from chatbot.store.unit import Store

_log = logging.getLogger(__name__)

ROUND = 5
"""Suggestions that one round rewords in a workspace."""

_WITHIN_S = 30.0
_QUESTIONS = 8
_LONGER = 2  # times the agent's words, plus a sentence
_SENTENCE = 200  # characters
_FACT = re.compile(
    r"https?://[^\s)>\]]+|\]\((?!https?://)[^)]{0,300}\)|[^\s@]{1,64}@[^\s@]+|\d+(?:[.,:]\d+)*|"
    r"\b(?:[^\W_][\w-]{0,62}\.)+[a-z]{2,}\b",
    re.IGNORECASE,
)


class Drafter:
    """
    Rewords suggestions, one request at a time.

    Args:
        calls: Where *ledger* books; emptied after each request.
    """

    def __init__(
        self,
        store: "Store",
        provider: Provider,
        ledger: Ledger,
        calls: CallCollector,
        prompts: Registry,
        clock: Clock,
    ) -> None:
        self._store, self._provider, self._clock = store, provider, clock
        self._ledger, self._calls, self._prompts = ledger, calls, prompts

    async def draft(self, workspace_id: UUID) -> int:
        """
        Reword the agents' words that most customers wait for.

        Returns:
            How many drafts stand; a provider that fails ends the round, and the next one goes on.
        """
        by = system(workspace_id)
        async with self._store.begin(by) as db:
            home = await db.home.get()
            waiting = await db.suggestions.page("open", written=True)
        file = self._prompts["suggestion"]
        prompt = file.render(company=home.name)
        drafted = 0
        for one in [each for each in waiting if each.drafted_by == "agent" and not each.reason][
            :ROUND
        ]:
            task = Booked(None, uuid4(), prompt)
            try:
                text = await self._reworded(one, prompt, file.max_output_tokens, task)
            except (ProviderDegraded, ProviderRefused, TimeoutError) as error:
                _log.warning("workspace %s: no drafts now: %s", workspace_id, error)
                await self._write(workspace_id, None, task.turn_id, {})
                break
            why = refusal(one.text, text)
            values = {"reason": why} if why else {"text": text, "drafted_by": "model"}
            await self._write(workspace_id, one.id, task.turn_id, values)
            drafted += not why
        return drafted

    async def _reworded(
        self, suggestion: Suggestion, prompt: Prompt, most: int, task: Booked
    ) -> str:
        asked = list(suggestion.phrasings[:_QUESTIONS])
        data = json.dumps({"questions": asked, "reply": suggestion.text}, ensure_ascii=False)
        messages = (PromptMessage("system", prompt.text), PromptMessage("user", data))
        request = CompletionRequest(messages, (), most, "suggestions")
        begun, first, said = self._clock.monotonic(), None, ""
        completed, outcome = None, "abandoned"
        try:
            async with (
                asyncio.timeout(_WITHIN_S),
                aclosing(self._provider.stream(request)) as stream,
            ):
                async for item in stream:
                    if first is None and isinstance(item, TextPiece | CallPiece):
                        first = self._clock.monotonic() - begun
                    if isinstance(item, TextPiece):
                        said += item.text
                    elif isinstance(item, Completed):
                        completed = item
            outcome = "ok"
        except (ProviderDegraded, ProviderRefused) as error:
            outcome = error.fault
            raise
        finally:
            took = self._clock.monotonic() - begun
            await self._ledger.book(
                task,
                request,
                self._provider,
                Attempt(0, completed, said, first, took, outcome),
                feature="suggestions",
            )
        return completed.text.strip() if completed and completed.finish == "stop" else ""

    async def _write(
        self, workspace_id: UUID, suggestion_id: UUID | None, task: UUID, values: dict[str, str]
    ) -> None:
        """Keep the draft and what it cost at once."""
        async with self._store.begin(system(workspace_id)) as db:
            if suggestion_id is not None:
                await db.suggestions.write(suggestion_id, if_open=True, **values)
            await db.calls.add_calls(self._calls.of(task), of_a_turn=False)
        self._calls.forget(task)


def refusal(reply: str, draft: str) -> str:
    """Why *draft* does not stand for the agent's *reply*, as a sentence; empty when it does."""
    if not draft or draft.upper().startswith("NONE"):
        return "The model found no answer for everybody in it."
    if len(draft) > _LONGER * len(reply) + _SENTENCE:
        return "The model's draft said more than the agent had."
    added = set(_FACT.findall(draft)) - set(_FACT.findall(reply))
    if added - {f"{place}" for place in range(1, 10)}:  # a numbered list counts its steps
        return "The model's draft had figures or links that the agent had not written."
    return ""
