"""What is said of a provider that cannot be reached."""

from chatbot.adapters.providers.reaching import reach


async def test_a_provider_that_is_away_is_named_without_the_secrets_of_its_address() -> None:
    found = await reach("mine", "", "http://maya:hush@127.0.0.1:9/v1?key=hush")
    assert found.refused == "mine does not answer at http://127.0.0.1:9/v1."
