"""The bus of a single process."""

from collections.abc import Callable
from uuid import UUID

from chatbot.adapters.buses.ears import Ears
from chatbot.adapters.buses.replies import Replies
from chatbot.domain.event import LiveEvent, Spoken, Started
from chatbot.ports import Subscription


class MemoryBus:
    """A `Bus` (`chatbot/ports.py`) whose listeners hear an event before `publish` returns."""

    def __init__(self) -> None:
        self._conversations: Ears[UUID, LiveEvent] = Ears()
        self._topics: Ears[str, str] = Ears()
        self._replies = Replies()

    async def publish(self, conversation_id: UUID, event: LiveEvent) -> None:
        self._replies.note(conversation_id, event)
        self._conversations.tell(conversation_id, event)

    async def subscribe(
        self, conversation_id: UUID, listener: Callable[[LiveEvent], None]
    ) -> Subscription:
        return self._conversations.add(conversation_id, listener)

    async def running(self, conversation_id: UUID) -> tuple[Started, Spoken] | None:
        return self._replies.running(conversation_id)

    async def broadcast(self, topic: str, text: str) -> None:
        self._topics.tell(topic, text)

    async def hear(self, topic: str, listener: Callable[[str], None]) -> Subscription:
        return self._topics.add(topic, listener)

    async def check(self) -> None:
        """There is no other process to reach, so nothing can be away."""

    async def close(self) -> None:
        """Nothing is held."""
