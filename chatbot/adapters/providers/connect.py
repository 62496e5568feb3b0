"""Providers from their settings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from chatbot.ports import Clock, Provider


class Configured(Protocol):
    """What one provider's settings say; see `chatbot.settings.ProviderSettings`."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def api(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Any]: ...


def connect(configured: Configured, keys: Sequence[str], clock: Clock) -> Provider:
    """
    The provider that is *configured*, over all of its keys.

    Args:
        configured: Its settings.
        keys: The newest first; none for a server that asks for none.
        clock: When a key that was set aside is tried again.

    Raises:
        Misconfigured: The address is not one, a key cannot be sent, or an option is ours.
    """
    # The client takes a second to import; a house without a provider never needs it.
    from chatbot.adapters.providers.keyed import KeyedProvider  # noqa: PLC0415
    from chatbot.adapters.providers.openai_chat import OpenAIChat  # noqa: PLC0415
    from chatbot.adapters.providers.openai_responses import OpenAIResponses  # noqa: PLC0415

    kind = OpenAIResponses if configured.api == "responses" else OpenAIChat

    def over(key: str | None) -> Provider:
        address = configured.base_url or None
        return kind(configured.name, configured.model, key, address, options=configured.options)

    if len(keys) <= 1:
        return over(next(iter(keys), None))
    named = {key_label(place, key): over(key) for place, key in enumerate(keys, start=1)}
    return KeyedProvider(named, clock)


def connect_all(
    configured: Iterable[tuple[Configured, Sequence[str]]], clock: Clock
) -> dict[str, Provider]:
    """
    Every provider of `Settings.providers` by its name, in their order.

    Raises:
        Misconfigured: See `connect`.
    """
    return {each.name: connect(each, keys, clock) for each, keys in configured}


def key_label(place: int, key: str) -> str:
    """What a key is called where people read: by its place, and its end if enough stays secret."""
    return f"key {place} (…{key[-4:]})" if len(key) >= _SHOWABLE else f"key {place}"


_SHOWABLE = 16
