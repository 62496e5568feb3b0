"""Signing in costs the same for everybody, and never stops the event loop."""

import asyncio

import pytest
from argon2 import extract_parameters

from chatbot.errors import Malformed, TooMany
from chatbot.safety.passwords import Passwords, one_time_password

RIGHT = "correct horse battery"


async def test_the_password_that_was_set_opens_the_account() -> None:
    passwords = Passwords()
    stored = await passwords.hash(RIGHT)

    assert await passwords.verify(RIGHT, stored)
    assert not await passwords.verify("correct horse batterx", stored)


async def test_nothing_opens_an_account_that_does_not_exist() -> None:
    passwords = Passwords()

    assert not await passwords.verify(RIGHT, None)
    assert not await passwords.verify("", None)


async def test_the_stored_hash_keeps_to_the_recommendation() -> None:
    parameters = extract_parameters(await Passwords().hash(RIGHT))

    assert parameters.type.name == "ID"
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
async def test_a_password_of_the_wrong_length_is_refused(password: str) -> None:
    with pytest.raises(Malformed, match="12 to 256 characters"):
        await Passwords().hash(password)


async def test_an_endless_password_is_simply_wrong() -> None:
    passwords = Passwords()
    stored = await passwords.hash("x" * 256)

    assert not await passwords.verify("x" * 100_000, stored)


async def test_a_flood_is_turned_away_and_those_already_waiting_are_served() -> None:
    passwords = Passwords(at_once=1)

    asked = [passwords.verify("wrong password", None) for _ in range(24)]
    results = await asyncio.gather(*asked, return_exceptions=True)

    assert results.count(False) == 16
    assert sum(isinstance(result, TooMany) for result in results) == 8
    assert not await passwords.verify("wrong password", None)


async def test_the_event_loop_goes_on_while_a_password_is_checked() -> None:
    passwords = Passwords()
    checking = asyncio.ensure_future(passwords.verify("wrong password", None))
    beats = 0
    while not checking.done():
        await asyncio.sleep(0)
        beats += 1

    assert beats > 1


def test_one_time_passwords_are_long_enough_and_differ() -> None:
    made = {one_time_password() for _ in range(50)}

    assert len(made) == 50
    assert all(len(password) == 19 for password in made)
