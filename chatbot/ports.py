"""
Everything we need from the outside world, as protocols.

To swap an engine, write one file under `adapters/` that satisfies one of these and let
`assembly.py` choose it. `tests/contracts/` runs the same suite against every adapter of a port.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from chatbot.domain.answer import BankAnswer
from chatbot.domain.ask import (
    Ask,
    CallPiece,
    Completed,
    CompletionRequest,
    JournaledStep,
    ModelCall,
    Rate,
    TextPiece,
    ToolResult,
    ToolSchema,
)
from chatbot.domain.event import LiveEvent, Spoken, Started
from chatbot.domain.given import Thumbs
from chatbot.domain.tuning import Lesson, Steps, Taught
from chatbot.domain.webhook import Outcome


class Provider(Protocol):
    """A language model behind an API."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def stream(
        self, request: CompletionRequest
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        """
        Stream a completion; the last item is `Completed` and nothing else follows it.

        Closing the generator, or cancelling who waits for it, hangs up.

        No deadline and no retry happens here: both are the caller's.

        Raises:
            ProviderDegraded: Rate limit, network trouble, 5xx, or a stream that was cut,
                malformed or ended without a finish reason.
            ProviderRefused: Wrong key, no quota, unknown model, or a request it will not take.
        """
        ...

    async def close(self) -> None:
        """Hang up every connection."""


class Journal(Protocol):
    """Whole completions of a running turn, written down before their tools run."""

    async def steps(self, ask: Ask) -> tuple[JournaledStep, ...]:
        """
        What earlier attempts at this turn wrote down, in the order of the steps.

        A first attempt has nobody before it: it is given nothing, without a look.
        """
        ...

    async def record(self, ask: Ask, step: int, completed: Completed) -> None:
        """Return only when it is durable. A step that is written down already stays as it is."""


class Toolbox(Protocol):
    """What a model may do, always for the customer of the ask and for nobody else."""

    @property
    def schemas(self) -> tuple[ToolSchema, ...]: ...

    async def run(self, ask: Ask, step: int, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """
        Do it once: effect and result are one transaction, keyed (turn, step, name).

        Running it again gives the first result, whatever the arguments are then.
        """
        ...


class CallLog(Protocol):
    """One row for each request to a provider, also for those that failed."""

    async def add(self, call: ModelCall) -> None: ...


class Prices(Protocol):
    """What models cost; a lookup may be slow, callers keep the rates."""

    def rate(self, model: str, on: date) -> Rate | None:
        """The price of *model* on that day; None when it is not known."""
        ...

    def dearest(self, on: date) -> Rate | None:
        """The highest price of any known model that writes text."""
        ...


class Courier(Protocol):
    """Brings events to servers whose addresses others chose."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """
        Send *body*, JSON, once: no redirect is followed, and nothing is tried again.

        It takes 10 s at the most, reads little of the answer, and reaches no address of this
        machine or of a private network unless it was made to. What goes wrong is in the outcome.
        """
        ...


class Encoder(Protocol):
    """
    Turns texts into vectors whose dot product is their likeness.

    Attributes:
        fingerprint: Hash of weights and pipeline; vectors of different ones never mix.
        dimensions: Length of a vector.
        ready: False while it is still being made or loaded; `encode` then raises.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def ready(self) -> bool: ...

    def encode(self, texts: Sequence[str]) -> Awaitable[NDArray[np.float32]]:
        """
        Encode *texts* off the event loop: shape (len(texts), dimensions), rows of length 1.

        It may begin before it is awaited.

        Raises:
            Unavailable: The encoder is not ready, or failed to load.
        """
        ...

    def pieces(self, text: str) -> int:
        """Tokens in *text*, where each letter of what it cannot read is one; 0 until `ready`."""
        ...


class Trainer(Protocol):
    """
    Tunes an encoder, and keeps the last one made, whole or not at all, when it is told to.

    `encoder` is the one for a share of the lesson, with the lowest cosine between its vectors and
    its model's; `keep` returns its name for the setting. What cannot be done is `Unavailable`.
    """

    async def train(self, lesson: Lesson, progress: Steps) -> Taught: ...

    async def encoder(self, share: float) -> tuple[Encoder, float]: ...

    def keep(self, report: Mapping[str, Any]) -> str: ...


class Cache(Protocol):
    """Texts worth keeping for a while; losing any of them is harmless."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, *, ttl: float) -> None:
        """Keep *value* for *ttl* seconds."""

    async def drop(self, key: str) -> None:
        """
        Raises:
            Unavailable: It may still be found later.
        """

    async def close(self) -> None: ...


class Subscription(Protocol):
    """An open ear; `close` is idempotent and returns at once."""

    def close(self) -> None: ...


class Bus(Protocol):
    """
    Carries events to every process that watches.

    Listeners are plain functions, called on the event loop in publishing order: they must
    return at once (a socket puts the event in its queue), because nothing may wait in a
    publish loop.
    """

    async def publish(self, conversation_id: UUID, event: LiveEvent) -> None: ...

    async def subscribe(
        self, conversation_id: UUID, listener: Callable[[LiveEvent], None]
    ) -> Subscription:
        """Hear *conversation_id* from now on; what was said earlier is in the log."""
        ...

    async def running(self, conversation_id: UUID) -> tuple[Started, Spoken] | None:
        """The reply being written and all of its words so far; None when nothing is."""
        ...

    async def broadcast(self, topic: str, text: str) -> None:
        """Tell every process something small, for example that a bank changed."""

    async def hear(self, topic: str, listener: Callable[[str], None]) -> Subscription: ...

    async def check(self) -> None:
        """
        Raises:
            Unavailable: Events cannot reach other processes now.
        """

    async def close(self) -> None: ...


class Counters(Protocol):
    """Shared counts that decide limits."""

    async def hit(self, key: str, *, limit: int, window: float) -> float:
        """
        Count one and say how long to wait.

        Returns:
            0.0 when this one is within *limit* per *window* seconds, otherwise the seconds
            until one more would pass. A refused one is not counted.
        """
        ...

    async def add(self, key: str, amount: int, *, ttl: float) -> int:
        """Add *amount* to a gauge that forgets itself *ttl* seconds after its last change."""
        ...

    async def clear(self, key: str) -> None: ...

    async def close(self) -> None: ...


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards; for measuring."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class BankSource(Protocol):
    """Where published answers and the vectors of their texts are kept."""

    async def published(self, workspace_id: UUID) -> tuple[int, tuple[BankAnswer, ...]]:
        """
        What customers may receive today.

        Returns:
            The bank's version, read in the same snapshot, and the answers valid today.
        """
        ...

    async def thumbs(self, workspace_id: UUID) -> Mapping[str, Thumbs]:
        """What customers judged, by the key of the published answer whose words they were given."""
        ...

    async def vectors(
        self, workspace_id: UUID, fingerprint: str, hashes: Sequence[str]
    ) -> Mapping[str, bytes]:
        """
        Vectors kept earlier, by the SHA-256 (hex) of their texts; unknown ones are left out.

        Returns:
            Each a vector in float16, little endian, made by the encoder *fingerprint*.
        """
        ...

    async def keep_vectors(
        self, workspace_id: UUID, fingerprint: str, vectors: Mapping[str, bytes]
    ) -> None:
        """Keep vectors; one that is there already is left as it is."""
