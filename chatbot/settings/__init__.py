"""
The only reader of the environment and of the configuration file.

A value comes from the environment, else from the TOML file, else from the default here. The
variable of `[section] name` is `CHATBOT_SECTION_NAME`. `docs/configuration.md` lists them all.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from chatbot.completions.deadlines import Deadlines
from chatbot.continuity.deferring import Deferring
from chatbot.errors import Misconfigured
from chatbot.resilience.breaker import BreakerLimits
from chatbot.resilience.limiter import Concurrency
from chatbot.settings.providers import (
    Provided,
    ProviderSettings,
    Route,
    read_providers,
    read_route,
)
from chatbot.settings.sections import Limits, Server, Webhooks, read_section

__all__ = ["Limits", "Provided", "ProviderSettings", "Route", "Server", "Settings", "read_settings"]


class Settings(Struct, frozen=True):
    """Everything that the environment and the file decide."""

    server: Server
    limits: Limits
    deadlines: Deadlines
    breaker: BreakerLimits
    concurrency: Concurrency
    deferred: Deferring
    webhooks: Webhooks
    providers: tuple[Provided, ...]
    route: Route
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
    "breaker": BreakerLimits,
    "concurrency": Concurrency,
    "deferred": Deferring,
    "webhooks": Webhooks,
}
_KNOWN = (*_SECTIONS, "providers", "routes")
_SHORT = {"HOST": ("server", "host"), "PORT": ("server", "port")}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """
    Read and check every setting.

    Raises:
        Misconfigured: Names the variable or the line of the file, what was read, what is expected.
    """
    document = _read_file(environment)
    unknown = set(document) - set(_KNOWN)
    if unknown:
        raise Misconfigured(
            f"The configuration file has an unknown section [{min(unknown)}]; "
            f"known are {', '.join(sorted(_KNOWN))}."
        )
    for name, (section, field) in _SHORT.items():
        if environment.get(name):
            document.setdefault(section, {})[field] = _number(name, environment[name])
    sections = {
        name: read_section(name, kind, document.get(name, {}), environment)
        for name, kind in _SECTIONS.items()
    }
    providers = read_providers(document.get("providers", []), environment)
    data_dir = Path(environment.get("CHATBOT_DATA_DIR") or ".data").expanduser().absolute()
    return Settings(
        **sections,  # type: ignore[arg-type]
        providers=providers,
        route=read_route(document.get("routes", {}), environment, providers),
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


def _number(variable: str, text: str) -> str:
    if variable == "PORT" and not text.isdigit():
        raise Misconfigured(f"PORT reads {text!r}, but a number from 0 to 65535 is expected.")
    return text


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
