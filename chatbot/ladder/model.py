"""The model's rung: its words as they come, without its marks and without false claims."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from chatbot.answers.cachepolicy import why_not_keep
from chatbot.completions.speaker import Speaker, TakenOver
from chatbot.completions.toolloop import Finished, StepDone, converse
from chatbot.completions.truth import Truth
from chatbot.context.blocks import inside
from chatbot.domain.ask import Ask, Reply, TextPiece, Waiting
from chatbot.domain.conversation import Source
from chatbot.errors import Unsound
from chatbot.ports import Journal, Toolbox
from chatbot.prompts.citing import Citations, handles
from chatbot.tickets.wording import say


class ModelRung:
    """
    One model, or two that race, with tools.

    A second one under another `name` is the alternative; where no provider is configured there
    is no such rung. A reply belongs to the rung whose model spoke it.
    """

    def __init__(
        self,
        model: Speaker,
        toolbox: Toolbox,
        journal: Journal,
        *,
        name: str = "model",
        trims: bool = True,
    ) -> None:
        """
        Args:
            model: Who speaks.
            toolbox: What it may do.
            journal: Where its steps are written down first.
            name: The rung's.
            trims: A request that is too long is made again without the conversation so far;
                otherwise the next rung gets it whole.
        """
        self.name, self._trims = name, trims
        self._model, self._toolbox, self._journal = model, toolbox, journal

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Waiting | Reply]:
        """
        Raises:
            ProviderDegraded: The provider failed or was too slow, perhaps in the middle.
            ProviderRefused: An operator has to mend something.
            Unsound: The model called its tools wrongly, or claimed what is not so.
        """
        citations = Citations(handles(ask.grounding))
        truth = Truth(ask.tickets, _company(ask))
        said: list[str] = []
        tools: list[str] = []
        finished: Finished | None = None
        rung = self.name
        conversation = converse(
            ask,
            model=self._model,
            toolbox=self._toolbox,
            journal=self._journal,
            trims=self._trims,
        )
        async with aclosing(conversation) as events:
            async for event in events:
                if isinstance(event, Waiting):
                    yield event
                    continue
                if isinstance(event, TakenOver):
                    rung = event.rung
                    continue
                if isinstance(event, TextPiece):
                    shown = truth.feed(citations.feed(event.text))
                elif isinstance(event, StepDone):
                    tools += event.tools
                    shown = truth.feed(citations.end()) + truth.settle(event.tickets)
                else:
                    finished = event
                    shown = ""
                    if not event.withheld:
                        shown = (truth.feed(citations.end()) + truth.settle()).rstrip()
                if not said:  # a model may begin with a blank, and again when asked again
                    shown = shown.lstrip()
                if shown:
                    said.append(shown)
                    yield shown
        assert finished is not None  # noqa: S101 `converse` ends with one or raises
        reply = self._reply(ask, "".join(said), citations, finished, tools)
        yield replace(reply, source=replace(reply.source, rung=rung))

    def _reply(
        self, ask: Ask, text: str, citations: Citations, finished: Finished, tools: list[str]
    ) -> Reply:
        label = "written"
        if finished.withheld:
            text = say(ask.locale, "withheld")
        elif not text.strip():
            raise Unsound("The reply was nothing but marks.", fault="false_claim")
        elif finished.shortened:
            text, label = f"{text} …", "shortened"
        cited = () if finished.withheld else tuple(citations.cited)
        keep = not finished.withheld and not finished.shortened
        return Reply(
            text,
            Source(self.name, say(ask.locale, label), answers=cited),
            shortened=finished.shortened,
            cacheable=keep and why_not_keep(ask, used_tools=bool(tools)) is None,
            detail={
                "model": finished.completed.model,
                "finish": finished.completed.finish,
                "completions": finished.completions,
                "tools": tools,
                "cited": [key for key, _ in cited],
            },
        )


def _company(ask: Ask) -> str:
    """What the company itself says in the context."""
    context = ask.messages[-1].text
    return inside(context, "answers") + "\n" + inside(context, "rules")
