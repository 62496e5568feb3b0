"""What changes where the outside speaks https, and where one address guesses at many accounts."""

from pathlib import Path

import aiohttp

from tests.journeys.conftest import DemoTemplate
from tests.running import running_app
from tests.staff import Staff


async def test_cookies_are_bound_to_the_host_and_to_https(
    demo_url: str, demo_template: DemoTemplate, tmp_path: Path
) -> None:
    outside = {"CHATBOT_PUBLIC_URL": "https://support.example"}
    async with (
        running_app(demo_url, tmp_path, demo_template.encoders, **outside) as app,
        Staff(app.base) as staff,
    ):
        form = await staff.get("/login")
        nonce = form.headers["Set-Cookie"].partition(";")[0]
        login = app.installed.logins[0]
        fields = {"email": login.email, "password": login.password, "csrf": staff.csrf}
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{app.base}/login",
                data=fields,
                headers={"Cookie": nonce},
                allow_redirects=False,
            ) as answer,
        ):
            session = answer.headers["Set-Cookie"]

    assert nonce.startswith("__Host-login=")
    assert session.startswith("__Host-session=")
    assert "Secure" in session
    assert "Path=/" in session
    assert "Domain" not in session


async def test_one_address_cannot_try_many_accounts(
    demo_url: str, demo_template: DemoTemplate, tmp_path: Path
) -> None:
    few = {"CHATBOT_LIMITS_SIGN_INS_PER_MINUTE": "4"}
    async with (
        running_app(demo_url, tmp_path, demo_template.encoders, **few) as app,
        Staff(app.base) as staff,
    ):
        pages = [await staff.sign_in(f"user{n}@example.com", "Winter2026!") for n in range(8)]

    assert [page.status for page in pages] == [401] * 4 + [429] * 4
