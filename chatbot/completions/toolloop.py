"""
A model's turn: words, tools, words.

Nothing that a model wants is done before its whole output is written down, and nothing is done
because of *how* it was asked for: a tool's key is the turn and the step. So a process that takes
the turn over goes through the journal, does again what was perhaps not done, gets the same
results, and asks the model only for what comes after.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from chatbot.completions.live import WITHHELD
from chatbot.completions.schemas import BadCall, checked
from chatbot.completions.speaker import Speaker, SpeakerItem, TakenOver
from chatbot.domain.ask import (
    Ask,
    Completed,
    CompletionRequest,
    PromptMessage,
    TextPiece,
    ToolCall,
    ToolSchema,
    Waiting,
)
from chatbot.errors import ProviderRefused, Unsound
from chatbot.ports import Journal, Toolbox

MOST_STEPS = 3
"""Completions with tool calls in one turn; the next one has to be words."""

MOST_RUNS = 3
"""Tools that are run in one turn, however many are asked for."""

MOST_REASKS = 2
_FEWEST = 2
"""Messages of a context that is nothing but the system prompt and the question."""
_CONTINUE = "(Go on exactly where you stopped. Repeat nothing.)"
_ONLY_ONE = "Not carried out: a tool is carried out once in a step. Call it again if you must."
_NO_MORE = "Not carried out: no more tools can be used for this message. Answer with what you have."


@dataclass(frozen=True, slots=True)
class StepDone:
    """The tools of a step have run; `tickets` are the numbers that their results named."""

    tools: tuple[str, ...]
    tickets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """
    The reply is whole.

    Attributes:
        completed: The last completion.
        shortened: It ran into its length limit twice.
        withheld: The model, or a filter at its provider, would not answer.
        completions: How many the reply took.
    """

    completed: Completed
    shortened: bool
    withheld: bool
    completions: int


@dataclass(slots=True)
class _Talk:
    """What this turn has added to the conversation with the model."""

    ask: Ask
    trims: bool
    added: list[PromptMessage] = field(default_factory=list)
    trimmed: bool = False
    step: int = 0
    runs: int = 0
    reasks: int = 0
    completions: int = 0
    continued: bool = False
    spoken: bool = False

    @property
    def can_be_shorter(self) -> bool:
        """Whether there is a conversation before the question that was not left out yet."""
        return self.trims and not self.trimmed and len(self.ask.messages) > _FEWEST

    def offered(self, tools: Sequence[ToolSchema]) -> tuple[ToolSchema, ...]:
        return tuple(tools) if self.step < MOST_STEPS else ()

    def request(self, tools: Sequence[ToolSchema]) -> CompletionRequest:
        given = self.ask.messages
        context = (given[0], given[-1]) if self.trimmed else given
        return CompletionRequest(
            messages=(*context, *self.added),
            tools=self.offered(tools),
            max_output_tokens=self.ask.max_output_tokens,
            user_hash=user_hash(self.ask),
        )

    def say(self, role: Any, text: str) -> None:  # noqa: ANN401 a role's literal
        if text.strip():
            self.added.append(PromptMessage(role, text))


async def converse(
    ask: Ask, *, model: Speaker, toolbox: Toolbox, journal: Journal, trims: bool = True
) -> AsyncGenerator[TextPiece | Waiting | TakenOver | StepDone | Finished, None]:
    """
    Stream the words of a reply; the last item is `Finished`.

    Args:
        trims: A request that is too long is made again without the conversation so far.

    Raises:
        ProviderDegraded: See `Speaker.speak`.
        ProviderRefused: Likewise.
        Unsound: The model kept calling tools wrongly.
    """
    journaled = {step.step: step.completed for step in await journal.steps(ask)}
    talk = _Talk(ask, trims)
    while True:
        completed = journaled.get(talk.step)
        replayed = completed is not None
        between = "\n\n" if talk.spoken and not talk.continued else ""
        async with aclosing(_words(talk, completed, model, toolbox.schemas)) as items:
            async for item in items:
                if isinstance(item, Completed):
                    completed = item
                elif isinstance(item, (Waiting, TakenOver)):
                    yield item
                elif isinstance(item, TextPiece) and item.text:
                    yield replace(item, text=between + item.text) if between else item
                    between, talk.spoken = "", talk.spoken or not item.text.isspace()
        assert completed is not None  # noqa: S101 `_words` ends with one or raises
        if not completed.calls:
            if completed.finish == "length" and not talk.continued:
                talk.continued = True
                talk.say("assistant", completed.text)
                talk.say("user", _CONTINUE)
                continue
            yield Finished(
                completed,
                shortened=completed.finish == "length",
                withheld=completed.finish in WITHHELD,
                completions=talk.completions,
            )
            return
        try:
            wanted = _checked(completed.calls, talk.offered(toolbox.schemas))
        except BadCall as bad:
            _reask(talk, completed, bad)
            continue
        if not replayed:
            await journal.record(ask, talk.step, completed)
        yield await _run(talk, completed, wanted, toolbox)


async def _words(
    talk: _Talk, journaled: Completed | None, model: Speaker, tools: Sequence[ToolSchema]
) -> AsyncGenerator[SpeakerItem, None]:
    """The next completion: out of the journal, or spoken by the model."""
    if journaled is not None:
        yield TextPiece(journaled.text)
        yield journaled
        return
    while True:
        talk.completions += 1
        request = talk.request(tools)
        try:
            async with aclosing(
                model.speak(talk.ask, request, step=talk.step, spoken=talk.spoken)
            ) as items:
                async for item in items:
                    yield item
        except ProviderRefused as error:
            # It was refused before a word: once more, without the conversation so far.
            if error.fault != "context_too_long" or not talk.can_be_shorter:
                raise
            talk.trimmed = True
        else:
            return


def _checked(
    calls: Sequence[ToolCall], offered: Sequence[ToolSchema]
) -> list[tuple[ToolCall, dict[str, Any]]]:
    return [(call, checked(call, offered)) for call in calls]


def _reask(talk: _Talk, completed: Completed, bad: BadCall) -> None:
    """
    Ask again, with what was wrong instead of the bad call.

    Raises:
        Unsound: It was asked often enough.
    """
    talk.reasks += 1
    if talk.reasks > MOST_REASKS:
        raise Unsound(f"The model keeps calling tools wrongly: {bad}", fault="bad_tool_call")
    talk.say("assistant", completed.text)
    talk.say("user", f"(Your tool call was not carried out. {bad} Try again, or answer without.)")


async def _run(
    talk: _Talk,
    completed: Completed,
    wanted: Sequence[tuple[ToolCall, dict[str, Any]]],
    toolbox: Toolbox,
) -> StepDone:
    """Run each tool of the step once, and tell the model the results."""
    done: set[str] = set()
    tickets: list[int] = []
    results: list[PromptMessage] = []
    echoed: list[ToolCall] = []
    for place, (call, arguments) in enumerate(wanted):
        if call.name in done:
            text = _ONLY_ONE
        elif talk.runs >= MOST_RUNS:
            text = _NO_MORE
        else:
            result = await toolbox.run(talk.ask, talk.step, call.name, arguments)
            talk.runs += 1
            done.add(call.name)
            text = result.text
            if result.ticket is not None:
                tickets.append(result.ticket)
        call_id = _distinct(call.call_id, place, echoed)
        echoed.append(replace(call, call_id=call_id))
        results.append(PromptMessage("tool", text, call_id=call_id))
    talk.added += [PromptMessage("assistant", completed.text, calls=tuple(echoed)), *results]
    talk.step += 1
    talk.continued = False
    return StepDone(tuple(sorted(done)), tuple(tickets))


def _distinct(call_id: str, place: int, earlier: Sequence[ToolCall]) -> str:
    """The model's own id, unless it left it out or gave it twice: results are told apart by it."""
    if call_id and all(call_id != other.call_id for other in earlier):
        return call_id
    return f"call_{place}"


def user_hash(ask: Ask) -> str:
    """A customer, for a provider's abuse checks: the same each time, and nobody's name."""
    return hashlib.sha256(f"{ask.principal.workspace}/{ask.principal.id}".encode()).hexdigest()[:32]
