"""The stand-ins of `shop.py` as fixtures."""

import pytest

from tests.unit.answers.shop import Shelf, ToyEncoder, Wristwatch


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def encoder() -> ToyEncoder:
    return ToyEncoder()


@pytest.fixture
def starting_encoder() -> ToyEncoder:
    return ToyEncoder(ready=False)


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch()
