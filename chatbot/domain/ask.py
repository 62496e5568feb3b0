"""What a rung is given, what it says, and what it cost: in no vendor's vocabulary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from chatbot.domain.answer import Match
from chatbot.domain.conversation import Source
from chatbot.domain.principal import Principal


@dataclass(frozen=True, slots=True)
class ToolCall:
    """
    A function call in a model's output.

    Attributes:
        call_id: The model's own id; echoed back to it, never used as a key of ours.
        arguments: JSON text exactly as the model wrote it, not yet validated.
    """

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a model's input."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A function that the model may call: `parameters` is a strict JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt with the name and content hash of the file it came from."""

    name: str
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One request to answer: the finished context, ready for any rung.

    Attributes:
        principal: The customer; tools act for them and for nobody else.
        question: The customer's words.
        messages: The whole model input: system prompt, context blocks, history, question.
        prompt: Which prompt file `messages` began with.
        match: What the answer bank made of the question (also the model's grounding).
        grounding: (answer key, title) of the answers put into the context.
        rules: Titles of the rules put into the context.
        personal: The context holds facts of the customer, or the question asks for them;
            its reply is never cached.
        earlier: Something was said before the question, and may have steered the reply.
        tickets: Numbers of the tickets that exist in this conversation; a reply may claim no other.
        input_tokens: Of `messages`, as they were budgeted: never fewer than there are.
        received_at: `Clock.monotonic()` when the message arrived: deadlines count from here.
        declined: (rung, reason) of the rungs that stepped aside before this one.
        priority: Where the customer's plan stands when there is a line: 0 comes first, 1 last.
    """

    principal: Principal
    workspace_slug: str
    conversation_id: UUID
    turn_id: UUID
    attempt: int
    question: str
    locale: str
    messages: tuple[PromptMessage, ...]
    prompt: Prompt
    match: Match
    grounding: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    personal: bool
    follow_up: bool
    input_tokens: int
    max_output_tokens: int
    received_at: float
    bank_version: str
    rules_version: int = 0
    tickets: tuple[int, ...] = ()
    earlier: bool = False
    declined: tuple[tuple[str, str], ...] = ()
    priority: float = 1.0


@dataclass(frozen=True, slots=True)
class Usage:
    """
    Tokens billed for one completion.

    `cached_tokens` (read from the provider's prompt cache) and `cache_write_tokens` are parts
    of `input_tokens`, each with a price of its own.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """
    What a model's tokens cost, in US dollars per million.

    Attributes:
        priced_on: The day whose prices these are, as `YYYY-MM-DD`, or `settings`.
    """

    input: Decimal
    cached: Decimal
    cache_write: Decimal
    output: Decimal
    priced_on: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request to a provider."""

    messages: tuple[PromptMessage, ...]
    tools: tuple[ToolSchema, ...]
    max_output_tokens: int
    user_hash: str


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Words of a completion, as they arrive."""

    text: str


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A tool call is being written: a sign of life that nobody reads."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    The request waits in line for its provider.

    Attributes:
        position: 1 is served next.
        eta_s: Seconds until it is served, as far as can be told.
    """

    position: int
    eta_s: int


@dataclass(frozen=True, slots=True)
class Completed:
    """
    The end of a completion that the provider said was whole.

    Attributes:
        finish: The provider's `finish_reason`, or `refusal` when the model refused in words.
        usage: None when the provider sent none; tokens are then counted by us.
        model: The model that answered, which may differ from the one asked for.
        headroom: The smallest fraction (0 to 1) left of the provider's rate limits; None when
            it did not say.
    """

    text: str
    calls: tuple[ToolCall, ...]
    finish: str
    usage: Usage | None
    model: str
    headroom: float | None = None


@dataclass(frozen=True, slots=True)
class JournaledStep:
    """A whole completion that was written down before its tools ran; steps count from 0."""

    step: int
    completed: Completed


@dataclass(frozen=True, slots=True)
class ToolResult:
    """
    What a tool did.

    Attributes:
        text: For the model to read.
        ticket: Number of the ticket that now exists because of it.
    """

    text: str
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class ModelCall:
    """
    One row of the call log: a provider request, also when it failed.

    Attributes:
        outcome: `ok`, or the fault in one word.
        first_token_s, duration_s: Seconds; the first is None when no word arrived.
        cost_usd: None only when there is no price of any model to go by.
        price_known: False when the model was priced at the dearest known one.
    """

    id: UUID
    conversation_id: UUID | None
    turn_id: UUID
    step: int
    feature: str
    provider: str
    model: str
    model_served: str
    prompt_name: str
    prompt_version: str
    usage: Usage
    usage_estimated: bool
    cost_usd: Decimal | None
    price_date: str
    first_token_s: float | None
    duration_s: float
    outcome: str
    finish: str | None
    price_known: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What a rung settled on.

    Attributes:
        text: What the customer reads, whole.
        shortened: The model ran into its length limit.
        cacheable: A later equal question may be given the same words.
        detail: For the agent's receipt; never sent to a customer.
    """

    text: str
    source: Source
    shortened: bool = False
    cacheable: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)
