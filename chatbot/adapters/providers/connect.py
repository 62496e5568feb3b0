"""Providers from their settings."""

from collections.abc import Mapping
from typing import Any

from chatbot.ports import Provider


def connect(
    name: str,
    model: str,
    api_key: str | None,
    base_url: str | None,
    options: Mapping[str, Any] | None = None,
) -> Provider:
    """
    A provider that speaks Chat Completions.

    Raises:
        Misconfigured: The address is not one, the key cannot be sent, or an option is ours.
    """
    # The client takes a second to import; a house without a provider never needs it.
    from chatbot.adapters.providers.openai_chat import OpenAIChat  # noqa: PLC0415

    return OpenAIChat(name, model, api_key, base_url, options=options)
