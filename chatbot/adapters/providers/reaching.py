"""Whether a provider can be reached, asked without spending anything."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

OPENAI = "https://api.openai.com/v1"
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Reached:
    """
    What a provider's list of models tells.

    Attributes:
        refused: Why nothing can be had from it; empty when it answers.
        models: What it offers; None when it does not say.
    """

    refused: str = ""
    models: tuple[str, ...] | None = None


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


async def reach(name: str, api_key: str, base_url: str) -> Reached:
    """Ask *name* at *base_url* (OpenAI itself when empty) which models it has."""
    # The client takes a second to import; a house without a provider never needs it.
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    address = base_url or OPENAI
    client = openai.AsyncOpenAI(
        api_key=api_key or "none", base_url=address, max_retries=0, timeout=_PATIENCE_S
    )
    try:
        async with client:
            answer = await client.get("/models", cast_to=httpx2.Response)
    except (openai.AuthenticationError, openai.PermissionDeniedError):
        return Reached(f"{name} does not accept the API key.")
    except openai.NotFoundError:
        return Reached()  # many a compatible server has no such list
    except openai.APIConnectionError:
        return Reached(f"{name} does not answer at {_shown(address)}.")
    except openai.APIStatusError as error:
        return Reached(f"{name} answers with status {error.status_code}.")
    try:
        listed = msgspec.json.decode(answer.content, type=_Models)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Reached()  # it answers, with something that is no list of models
    return Reached(models=tuple(model.id for model in listed.data))


def _shown(address: str) -> str:
    """Without what may be secret in it: a user's name and password, and parameters."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
