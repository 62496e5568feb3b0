"""The reference of the API: complete, ours, and loading nothing from anywhere."""

import re
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.api import Client
from tests.running import RunningApp

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def anybody(shared_app: RunningApp) -> Client:
    return Client(shared_app.base)


async def test_the_document_names_the_key_and_the_problems_of_every_operation(
    anybody: Client,
) -> None:
    document = (await anybody.get("/schema/openapi.json")).body
    scheme = document["components"]["securitySchemes"]["api_key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    keyed = 0
    for item in document["paths"].values():
        for method, told in item.items():
            if method not in METHODS or {"api_key": []} not in told.get("security", ()):
                continue
            keyed += 1
            assert told["summary"]
            assert told["description"]
            assert told["tags"]
            refused = told["responses"]["401"]["content"]["application/problem+json"]
            assert refused["schema"]["$ref"] == "#/components/schemas/Problem"
            names = {parameter["name"] for parameter in told["parameters"]}
            assert ("Idempotency-Key" in names) == (method != "get")
    assert keyed == 18


async def test_the_written_page_lists_the_operations_that_there_are(anybody: Client) -> None:
    document = (await anybody.get("/schema/openapi.json")).body
    there = {
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method, told in item.items()
        if method in METHODS and {"api_key": []} in told.get("security", ())
    }
    listed = re.findall(
        r"^\| `([A-Z]+ /[^`]+)`", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(listed) == len(set(listed))
    assert set(listed) == there


async def test_pages_of_the_console_are_not_in_the_document(anybody: Client) -> None:
    document = (await anybody.get("/schema/openapi.json")).body
    assert not [path for path in document["paths"] if path.startswith(("/console", "/admin"))]


async def test_the_page_shows_every_operation_and_asks_nobody_else_for_anything(
    shared_app: RunningApp, page: Page
) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    await page.goto(f"{shared_app.base}/schema")
    assert await page.locator("article.operation").count() == 18 + 3
    assert await page.get_by_role("heading", name="Ask a question").count() == 1
    await page.get_by_role("link", name="Import a file of answers").click()
    assert wrong == []
    assert [url for url in asked if not url.startswith(shared_app.base)] == []


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_the_page_can_be_read_by_everybody(
    shared_app: RunningApp, page: Page, colours: Literal["light", "dark"]
) -> None:
    await page.emulate_media(color_scheme=colours)
    await page.goto(f"{shared_app.base}/schema")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
