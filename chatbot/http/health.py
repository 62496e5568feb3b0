"""Whether this process lives, whether it can take a message, and its figures."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chatbot.errors import Unavailable
from chatbot.http.office import Office


@get("/healthz", sync_to_thread=False, include_in_schema=False)
def healthz() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@get("/readyz")
async def readyz(office: NamedDependency[Office]) -> Response[dict[str, Any]]:
    """
    What this process can do now.

    503 only while it cannot take a message, which is while PostgreSQL is away. Without Redis,
    encoder or provider it takes messages and answers them by other means.
    """
    checks = {
        "database": await _check(office.desk.store.check()),
        "redis": await _check(office.desk.bus.check()) if office.settings.redis_url else "unused",
        "encoder": office.encoder_state(),
        "provider": office.provider_state(),
    }
    able = checks["database"] == "ok"
    status = "ok" if able and set(checks.values()) <= {"ok", "unused"} else "degraded"
    body = {"status": status if able else "unavailable", "checks": checks}
    return Response(body, status_code=200 if able else 503, headers={"Cache-Control": "no-store"})


async def _check(asked: Any) -> str:  # noqa: ANN401 a coroutine of whatever check
    try:
        await asked
    except Unavailable as error:
        return str(error)
    return "ok"


@get("/metrics", sync_to_thread=False, include_in_schema=False)
def metrics(office: NamedDependency[Office]) -> Response[bytes]:
    """Figures in Prometheus' text format."""
    office.measure()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
