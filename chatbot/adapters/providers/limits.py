"""What a provider's headers say about its rate limits."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

_LONGEST_WAIT = 3600.0
_REMAINING = "x-ratelimit-remaining"
_LIMIT = "x-ratelimit-limit"
_RESET = "x-ratelimit-reset"
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|h|m|s)")


def headroom(headers: Mapping[str, str]) -> float | None:
    """
    The smallest fraction (0 to 1) that is left of any limit.

    Told by `x-ratelimit-remaining-*` beside `x-ratelimit-limit-*`, as OpenAI and many others send
    them; None when the headers do not say.
    """
    return min((left for _, left in _remaining(headers)), default=None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """
    Seconds to wait as a refused request's headers say.

    `retry-after-ms`, else `Retry-After` (RFC 9110 10.2.3), else how long the scarcest of the
    limits takes to be as before (`x-ratelimit-reset-*`, as in `6m0s`).
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name, "").strip()
        if not said:
            continue
        try:
            seconds = float(said) * unit
        except ValueError:
            seconds = _until(said, headers.get("date", ""))
        if math.isfinite(seconds) and seconds >= 0:
            return min(seconds, _LONGEST_WAIT)
    return _reset(headers)


def _remaining(headers: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """The kind of each limit, for example `-tokens`, and what fraction of it is left."""
    for name, said in headers.items():
        kind = name.lower().removeprefix(_REMAINING)
        if kind == name.lower():
            continue
        try:
            left, limit = float(said), float(headers.get(_LIMIT + kind, ""))
        except ValueError:
            continue
        if limit > 0 and math.isfinite(left) and math.isfinite(limit):
            yield kind, min(1.0, max(0.0, left / limit))


def _reset(headers: Mapping[str, str]) -> float | None:
    kinds = sorted(_remaining(headers), key=lambda each: each[1])
    for kind, _ in kinds:
        said = headers.get(_RESET + kind, "").strip()
        parts = _PART.findall(said)
        if parts and "".join(map("".join, parts)) == said:
            wait = sum(float(number) * _UNITS[unit] for number, unit in parts)
            return min(wait, _LONGEST_WAIT)
    return None


def _until(moment: str, now: str) -> float:
    """Seconds between two HTTP dates; the provider's own clock says what now is."""
    try:
        ends, begins = (
            parsedate_to_datetime(said).replace(tzinfo=UTC)  # HTTP dates are all in GMT
            for said in (moment, now)
        )
    except ValueError:
        return math.nan
    return max(0.0, (ends - begins).total_seconds())
