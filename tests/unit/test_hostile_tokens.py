"""What a browser sends as a token is read as text that anybody may have written."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest

from chatbot.errors import NotAllowed, NotSignedIn
from chatbot.http.networks import Networks, network_of
from chatbot.safety.identity import read_identity
from chatbot.safety.keys import Keyring

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECRET = "an identity secret of forty characters…."


def part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


HOSTILE = [
    "",
    "..",
    f"{part('[' * 3000)}..",
    f"{part('{}')}.{part('{}')}.",
    f"{part(json.dumps({'alg': 'none', 'kid': ['x'], 'typ': 'visitor'}))}.{part('{}')}.",
    f"{part(json.dumps({'alg': ['HS256'], 'kid': {}}))}.{part('{}')}.",
]


@pytest.mark.parametrize("token", HOSTILE)
def test_a_token_that_is_none_names_nobody(token: str) -> None:
    with pytest.raises(NotSignedIn):
        Keyring(["k" * 32]).read(token, kind="visitor", now=NOW)


@pytest.mark.parametrize("token", HOSTILE)
def test_an_identity_that_is_none_names_nobody(token: str) -> None:
    with pytest.raises(NotAllowed):
        read_identity(token, secret=SECRET, public_key="", now=NOW)


@pytest.mark.parametrize(("name", "value"), [("sub", "a\0b"), ("jti", "a\nb"), ("sub", "")])
def test_an_identity_whose_name_cannot_be_kept_is_refused(name: str, value: str) -> None:
    claims = {"sub": "c-1", "jti": "once", "exp": NOW.timestamp() + 60, name: value}
    with pytest.raises(NotAllowed, match="1 to 200 printable characters"):
        read_identity(
            jwt.encode(claims, SECRET, algorithm="HS256"), secret=SECRET, public_key="", now=NOW
        )


@pytest.mark.parametrize("late_s", [-600, -30, 0, 29])
def test_a_used_identity_is_remembered_for_as_long_as_it_is_taken(late_s: int) -> None:
    claims = {"sub": "c-1", "jti": "once", "exp": NOW.timestamp() - late_s}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    found = read_identity(token, secret=SECRET, public_key="", now=NOW)
    with pytest.raises(NotAllowed, match="has expired"):
        read_identity(
            token, secret=SECRET, public_key="", now=found.expires_at + timedelta(seconds=1)
        )

    assert found.expires_at > NOW


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("2001:db8::a:b:c:d", "2001:db8::"),
        ("2001:db8::1", "2001:db8::"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("", ""),
    ],
)
def test_one_network_is_one_address_however_it_is_written(host: str, counted: str) -> None:
    assert network_of(host) == counted


def test_a_network_is_known_again_and_its_address_not_told() -> None:
    here, there = uuid4(), uuid4()
    networks = Networks(b"of this test")
    mark = networks.mark(here, "198.41.0.4")
    assert mark == networks.mark(here, "198.41.0.4")
    assert len(mark) == 16
    assert mark != networks.mark(there, "198.41.0.4")
    assert mark != networks.mark(here, "198.41.0.5")
    assert mark != Networks(b"another key").mark(here, "198.41.0.4")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "fd00::", "", "x"])
def test_an_address_that_says_nothing_of_who_it_is_has_no_mark(host: str) -> None:
    assert Networks(b"of this test").mark(uuid4(), host) == ""
