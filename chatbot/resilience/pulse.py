"""How the models are doing, as customers and operators should be told."""

from collections import OrderedDict
from collections.abc import Sequence
from uuid import UUID

from chatbot.ports import Clock
from chatbot.resilience.breaker import Breaker, Change

REMEMBERED_S = 60.0
"""A turn that fell off the model is old news after this: the next one tries again anyway."""

MOST_TOLD = 10_000
"""Conversations that are remembered to have been told; the oldest are forgotten first."""


class ModelPulse:
    """Joins what turns went through with what breakers know, and remembers who was told."""

    def __init__(self, clock: Clock, breakers: Sequence[Breaker] = ()) -> None:
        """
        Args:
            clock: Whose time counts.
            breakers: One for each model that may answer; a turn falls only when all are open.
        """
        self._clock, self._breakers = clock, tuple(breakers)
        self._failed_at: float | None = None
        self._told: OrderedDict[UUID, None] = OrderedDict()
        for breaker in breakers:
            breaker.on_change.append(self._changed)

    @property
    def degraded(self) -> bool:
        """Whether no model may be asked now, or the last turn that wanted one got none."""
        if self._breakers and all(breaker.is_open for breaker in self._breakers):
            return True
        if self._failed_at is None:
            return False
        return self._clock.monotonic() - self._failed_at < REMEMBERED_S

    @property
    def set_aside(self) -> Sequence[str]:
        """Each model that is set aside, with the cause."""
        return [f"{each.key} ({each.cause})" for each in self._breakers if each.is_open]

    def greet(self, conversation_id: UUID) -> bool:
        """Whether a customer who arrives is to be told that it is degraded; they then are."""
        if self.degraded:
            self._tell(conversation_id)
        return self.degraded

    def failed(self, conversation_id: UUID) -> bool:
        """A turn fell off the model; whether its customer does not know yet."""
        self._failed_at = self._clock.monotonic()
        new = conversation_id not in self._told
        self._tell(conversation_id)
        return new

    def answered(self, conversation_id: UUID) -> bool:
        """A model answered a turn; whether its customer was told that it could not."""
        self._failed_at = None
        knew = conversation_id in self._told
        self._told.pop(conversation_id, None)
        return knew

    def _tell(self, conversation_id: UUID) -> None:
        self._told[conversation_id] = None
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)

    def _changed(self, change: Change) -> None:
        if not change.open:
            self._failed_at = None
