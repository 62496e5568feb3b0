"""The journal of a turn's model outputs, as the tool loop needs it."""

from typing import TYPE_CHECKING

import msgspec

from chatbot.domain.ask import Ask, Completed, JournaledStep

if TYPE_CHECKING:
    from chatbot.store.unit import Store


class StoredJournal:
    """Satisfies `ports.Journal` over the store."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    async def steps(self, ask: Ask) -> tuple[JournaledStep, ...]:
        if ask.attempt == 1:
            return ()  # nobody was here before: a look would only delay the first word
        async with self._store.begin(ask.principal) as db:
            kept = await db.steps.all(ask.turn_id)
        return tuple(
            JournaledStep(step, msgspec.convert(completion, Completed)) for step, completion in kept
        )

    async def record(self, ask: Ask, step: int, completed: Completed) -> None:
        async with self._store.begin(ask.principal) as db:
            await db.steps.record(ask.turn_id, step, msgspec.to_builtins(completed))
