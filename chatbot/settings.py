"""
The only reader of the environment and of the configuration file.

A value comes from the environment, else from the TOML file, else from the default here. The
variable of `[section] name` is `CHATBOT_SECTION_NAME`. `docs/configuration.md` lists them all.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta, Struct

from chatbot.completions.deadlines import Deadlines
from chatbot.errors import Misconfigured

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What one visitor may do. Sizes in bytes or characters, times in seconds.

    Attributes:
        messages_per_minute: Per visitor, over all their sockets.
        messages_per_address: A minute, of all its visitors; not counted for loopback addresses.
        sockets_per_address: Not counted for loopback addresses: those are a proxy on this machine.
        token_s: How long a widget's token opens sockets.
        sign_ins_per_minute: Per address; four times as many in 15 minutes, thirteen in six hours.
        visitor_s: How long a token, though expired, still names the same visitor.
        api_requests_per_minute: Per API key.
    """

    frame_bytes: Count = 16 * 1024
    message_chars: Count = 4_000
    messages_per_minute: Count = 100
    messages_per_address: Count = 300
    frames_per_minute: Count = 600
    sockets_per_visitor: Count = 5
    sockets_per_address: Count = 20
    sessions_per_minute: Count = 60
    sign_ins_per_minute: Count = 30
    hello_within_s: Seconds = 5.0
    heartbeat_s: Seconds = 25.0
    pong_within_s: Seconds = 10.0
    queue_bytes: Count = 256 * 1024
    send_blocked_s: Seconds = 5.0
    token_s: Count = 600
    visitor_s: Count = 180 * 24 * 3600
    recheck_s: Seconds = 60.0
    drain_s: Seconds = 8.0
    import_bytes: Count = 20 * 1024 * 1024
    api_body_bytes: Count = 256 * 1024
    api_requests_per_minute: Count = 600


class ProviderSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """
    One OpenAI-compatible provider.

    Attributes:
        api_key_env: Name of the variable that holds the key; the file never holds it.
        options: Further fields of each request, for example `reasoning_effort`.
    """

    name: str = "openai"
    model: str = "gpt-5.4-mini"
    base_url: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    options: dict[str, Any] = {}


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the application listens, and how the outside calls it."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    public_url: str = ""
    trusted_proxies: list[str] = []


class Settings(Struct, frozen=True):
    """Everything that the environment and the file decide."""

    server: Server
    limits: Limits
    deadlines: Deadlines
    providers: tuple[tuple[ProviderSettings, str], ...]
    data_dir: Path
    database_url: str
    redis_url: str
    secret_keys: tuple[str, ...]
    encoder: str | None
    demo: bool

    @property
    def public_url(self) -> str:
        """The application's own address, without a slash at the end."""
        server = self.server
        return (server.public_url or f"http://{server.host}:{server.port}").rstrip("/")


_SECTIONS: Mapping[str, type[Struct]] = {
    "server": Server,
    "limits": Limits,
    "deadlines": Deadlines,
}
_SHORT = {"HOST": ("server", "host"), "PORT": ("server", "port")}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """
    Read and check every setting.

    Raises:
        Misconfigured: Names the variable or the line of the file, what was read, what is expected.
    """
    document = _read_file(environment)
    unknown = set(document) - {*_SECTIONS, "providers"}
    if unknown:
        raise Misconfigured(
            f"The configuration file has an unknown section [{min(unknown)}]; "
            f"known are {', '.join(sorted({*_SECTIONS, 'providers'}))}."
        )
    for name, (section, field) in _SHORT.items():
        if environment.get(name):
            document.setdefault(section, {})[field] = _number(name, environment[name])
    sections = {
        name: _section(name, kind, document.get(name, {}), environment)
        for name, kind in _SECTIONS.items()
    }
    data_dir = Path(environment.get("CHATBOT_DATA_DIR") or ".data").expanduser().absolute()
    return Settings(
        **sections,  # type: ignore[arg-type]
        providers=_providers(document.get("providers", []), environment),
        data_dir=data_dir,
        database_url=_url(environment, "CHATBOT_DATABASE_URL", ("postgresql://", "postgres://")),
        redis_url=_url(environment, "CHATBOT_REDIS_URL", ("redis://", "rediss://", "unix://")),
        secret_keys=_secret_keys(environment),
        encoder=environment.get("CHATBOT_ENCODER") or None,
        demo=_flag(environment, "CHATBOT_DEMO"),
    )


def _read_file(environment: Mapping[str, str]) -> dict[str, Any]:
    named = environment.get("CHATBOT_CONFIG")
    path = Path(named or "chatbot.toml")
    if not path.is_file():
        if named:
            raise Misconfigured(f"CHATBOT_CONFIG names {named}, but there is no such file.")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}.") from error


def _section(
    name: str, kind: type[Struct], given: object, environment: Mapping[str, str]
) -> Struct:
    if not isinstance(given, dict):
        raise Misconfigured(f"[{name}] in the configuration file must be a table.")
    merged: dict[str, Any] = dict(given)
    hints = get_type_hints(kind)
    for field in kind.__struct_fields__:
        variable = f"CHATBOT_{name}_{field}".upper()
        if field == "public_url":
            variable = "CHATBOT_PUBLIC_URL"
        if environment.get(variable):
            text = environment[variable]
            listed = "list" in str(hints[field])
            value = text.split(",") if listed else _number(variable, text)
            _check(kind, {field: value}, variable, text)
            merged[field] = value
    return _check(kind, merged, f"[{name}]", "")


def _check(kind: type[Struct], values: dict[str, Any], where: str, text: str) -> Struct:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        read = f" reads {text!r}, but" if text else ":"
        raise Misconfigured(f"{where}{read} {_plain(error)}.") from error


def _plain(error: msgspec.ValidationError) -> str:
    sentence = str(error).replace("`", "")
    return sentence[0].lower() + sentence[1:]


def _number(variable: str, text: str) -> str:
    if variable == "PORT" and not text.isdigit():
        raise Misconfigured(f"PORT reads {text!r}, but a number from 0 to 65535 is expected.")
    return text


def _providers(
    listed: object, environment: Mapping[str, str]
) -> tuple[tuple[ProviderSettings, str], ...]:
    """Each provider with its key, those without any way to be reached left out."""
    found: list[ProviderSettings]
    try:
        found = msgspec.convert(listed, list[ProviderSettings])
    except msgspec.ValidationError as error:
        raise Misconfigured(f"[[providers]]: {_plain(error)}.") from error
    base_url = environment.get("OPENAI_BASE_URL", "")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise Misconfigured(
            f"OPENAI_BASE_URL reads {base_url!r}, but an address beginning with http:// or "
            "https:// is expected."
        )
    if not found and (environment.get("OPENAI_API_KEY") or base_url):
        model = environment.get("CHATBOT_MODEL") or ProviderSettings().model
        found = [ProviderSettings(base_url=base_url, model=model)]
    keyed = []
    for provider in found:
        key = environment.get(provider.api_key_env, "")
        if not key and not provider.base_url:
            raise Misconfigured(
                f"Provider {provider.name} takes its key from {provider.api_key_env}, "
                "which is not set."
            )
        keyed.append((provider, key))
    return tuple(keyed)


def _url(environment: Mapping[str, str], variable: str, schemes: tuple[str, ...]) -> str:
    text = environment.get(variable, "")
    if text and not text.startswith(schemes):
        raise Misconfigured(
            f"{variable} must begin with {' or '.join(schemes)}; it begins with "
            f"{text.partition(':')[0][:20]!r}."
        )
    return text


def _secret_keys(environment: Mapping[str, str]) -> tuple[str, ...]:
    keys = tuple(filter(None, environment.get("CHATBOT_SECRET_KEYS", "").split(",")))
    if any(len(key) < 32 for key in keys):  # noqa: PLR2004 256 bits in hexadecimal are 64
        raise Misconfigured(
            "CHATBOT_SECRET_KEYS holds a key of fewer than 32 characters; make one with "
            "`openssl rand -hex 32`."
        )
    return keys


def _flag(environment: Mapping[str, str], variable: str) -> bool:
    text = environment.get(variable, "").lower()
    if text in {"", "0", "false", "no", "off"}:
        return False
    if text in {"1", "true", "yes", "on"}:
        return True
    raise Misconfigured(f"{variable} reads {text!r}, but `1` or `0` is expected.")
