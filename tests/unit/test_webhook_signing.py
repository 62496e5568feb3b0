"""An event is signed as the Standard Webhooks specification says."""

from datetime import UTC, datetime

import pytest

from chatbot.errors import Misconfigured
from chatbot.webhooks.delivering import ATTEMPTS, LONGEST_S, SPREAD, again_in_s
from chatbot.webhooks.signing import secret_of, signed
from tests.signatures import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime(2026, 11, 21, 15, 30, 0, 700_000, tzinfo=UTC)


def test_the_three_headers_are_those_of_the_specification() -> None:
    body = '{"text": "Bitte schön"}'.encode()
    headers = signed(SECRET, "msg_1", AT, body)
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    expected = signature(SECRET, "msg_1", headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_known_vector_comes_out() -> None:
    """Made with `openssl dgst -sha256 -mac HMAC -macopt hexkey:…` over the same content."""
    at = datetime.fromtimestamp(1674087231, UTC)
    headers = signed(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,AQG81rX2n4rTN1fkXoqILSHO9gAOcwya9dP41rhrQDI="


@pytest.mark.parametrize("changed", ["id", "time", "body", "secret"])
def test_everything_that_is_sent_is_signed(changed: str) -> None:
    given = {
        "id": ("msg_1", "msg_2"),
        "time": (AT, AT.replace(year=2027)),
        "body": (b"{}", b"{ }"),
        "secret": (SECRET, secret_of(b"x" * 32)),
    }
    one = {name: pair[0] for name, pair in given.items()}
    two = one | {changed: given[changed][1]}
    signatures = {
        signed(each["secret"], each["id"], each["time"], each["body"])["webhook-signature"]  # type: ignore[arg-type]
        for each in (one, two)
    }
    assert len(signatures) == 2


def test_a_secret_that_is_none_is_refused() -> None:
    with pytest.raises(Misconfigured, match="make a new one"):
        signed("whsec_not base64!", "msg_1", AT, b"{}")


@pytest.mark.parametrize("spread", [0.0, 0.999])
def test_attempts_are_made_for_about_a_day_ever_further_apart(spread: float) -> None:
    pauses = [again_in_s(attempt, lambda: spread) for attempt in range(1, ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert 20 * 3600 < sum(pauses) < 28 * 3600
    assert pauses[0] <= 12
    assert pauses[-1] <= LONGEST_S * (1 + SPREAD)
