"""What tests of killed processes share."""

from urllib.parse import urlsplit

import pytest

from tests.chaos.killing import Observer


@pytest.fixture
def observer(database_url: str, postgres_url: str) -> Observer:
    return Observer(urlsplit(postgres_url)._replace(path=urlsplit(database_url).path).geturl())
