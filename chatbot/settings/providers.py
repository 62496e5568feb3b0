"""Which language models there are, with which keys, and which of them is asked first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from chatbot.errors import Misconfigured
from chatbot.settings.sections import plain, read_section

NONE = "none"
"""As the alternative of a route: there is none."""

Name = Annotated[str, Meta(min_length=1)]


class ProviderSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """
    One OpenAI-compatible provider.

    Attributes:
        api: What it speaks: Chat Completions, as every compatible server does, or the Responses
            API of OpenAI itself.
        api_key_env: Name of the variable that holds the key, or several with commas between
            them, the newest first; the file never holds one.
        options: Further fields of each request, for example `reasoning_effort`.
    """

    name: Name = "openai"
    model: Name = "gpt-5.4-mini"
    base_url: str = ""
    api: Literal["chat", "responses"] = "chat"
    api_key_env: Name = "OPENAI_API_KEY"
    options: dict[str, Any] = {}


class Routes(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of providers, as `[routes]` has them."""

    primary: str = ""
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """
    Which providers are asked, by their names.

    Attributes:
        primary: None only while no provider is configured.
        alternative: Asked when the primary is slow or fails; None when there is none.
    """

    primary: str | None = None
    alternative: str | None = None


Provided = tuple[ProviderSettings, tuple[str, ...]]
"""A provider and its keys, the newest first; without any for a server that asks for none."""


def read_providers(listed: object, environment: Mapping[str, str]) -> tuple[Provided, ...]:
    """
    Every provider of the file, or those that the environment alone makes.

    Raises:
        Misconfigured: A name is given twice, a key is missing, a table or a variable is wrong.
    """
    try:
        found = msgspec.convert(listed, list[ProviderSettings])
    except msgspec.ValidationError as error:
        raise Misconfigured(f"[[providers]]: {plain(error)}.") from error
    alone = _from_environment(environment)
    if found and alone[1:]:
        raise Misconfigured(
            "CHATBOT_ALTERNATIVE_… makes a provider only where the configuration file lists none: "
            "put it into a [[providers]] table, or unset these variables."
        )
    if found:
        provided = [(provider, _keys(environment, provider.api_key_env)) for provider in found]
    else:
        provided = [each for each in alone if each is not None]
    seen: set[str] = set()
    for provider, keys in provided:
        if provider.name in seen or provider.name == NONE:
            raise Misconfigured(
                f"[[providers]] has the name {provider.name!r}, which is taken: each needs one of "
                "its own."
            )
        seen.add(provider.name)
        if not keys and not provider.base_url:
            raise Misconfigured(
                f"Provider {provider.name} takes its key from {provider.api_key_env}, "
                "which is not set."
            )
    return tuple(provided)


def read_route(
    given: object, environment: Mapping[str, str], provided: Sequence[Provided]
) -> Route:
    """
    Which providers are asked: those that `[routes]` names, else the first two listed.

    Raises:
        Misconfigured: A name is unknown, or both are the same.
    """
    routes = read_section("routes", Routes, given, environment)
    names = [provider.name for provider, _ in provided]
    for role in Routes.__struct_fields__:
        name = getattr(routes, role)
        if name and name not in names and (role, name) != ("alternative", NONE):
            raise Misconfigured(
                f"[routes] names {name!r} as {role}, but there is no such provider; "
                f"there are {', '.join(names) or 'none'}."
            )
    primary = routes.primary or next(iter(names), None)
    others = (name for name in names if name != primary)
    alternative = routes.alternative or next(others, None)
    if alternative == NONE:
        alternative = None
    if alternative is not None and alternative == primary:
        raise Misconfigured(
            f"[routes] names {primary!r} as primary and as alternative; name another provider, "
            f"or {NONE!r}."
        )
    return Route(primary, alternative)


def _from_environment(environment: Mapping[str, str]) -> tuple[Provided | None, ...]:
    """A first provider, None if it cannot be reached, and behind it an alternative if named."""
    base_url = _address(environment, "OPENAI_BASE_URL")
    keys = _keys(environment, "OPENAI_API_KEY")
    model = environment.get("CHATBOT_MODEL") or ProviderSettings().model
    first = ProviderSettings(base_url=base_url, model=model)
    provided = (first, keys) if keys or base_url else None
    other_url = _address(environment, "CHATBOT_ALTERNATIVE_BASE_URL")
    other_model = environment.get("CHATBOT_ALTERNATIVE_MODEL", "")
    own_key = "CHATBOT_ALTERNATIVE_API_KEY"
    other_keys = _keys(environment, own_key)
    if not (other_url or other_model):
        if other_keys:
            raise Misconfigured(
                f"{own_key} is set alone: the alternative needs CHATBOT_ALTERNATIVE_MODEL or "
                "CHATBOT_ALTERNATIVE_BASE_URL too."
            )
        return (provided,)
    # A key goes to the address that it was given for, and to no other.
    shared = not other_url and not other_keys
    alternative = ProviderSettings(
        name="alternative",
        model=other_model or model,
        base_url=other_url or base_url,
        api_key_env=first.api_key_env if shared else own_key,
    )
    return provided, (alternative, keys if shared else other_keys)


def _keys(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    keys = (key.strip() for key in environment.get(variable, "").split(","))
    return tuple(dict.fromkeys(filter(None, keys)))


def _address(environment: Mapping[str, str], variable: str) -> str:
    address = environment.get(variable, "")
    if address and not address.startswith(("http://", "https://")):
        raise Misconfigured(
            f"{variable} reads {address!r}, but an address beginning with http:// or "
            "https:// is expected."
        )
    return address
