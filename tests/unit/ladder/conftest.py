"""What tests of the cache begin with."""

import pytest

from tests.builders import FakeClock
from tests.unit.ladder.keeping import Desk


@pytest.fixture
def desk(clock: FakeClock) -> Desk:
    return Desk(clock)
