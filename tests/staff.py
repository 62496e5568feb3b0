"""An agent's or admin's browser without the browser: cookies, forms, and nothing of the app."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import aiohttp
from yarl import URL

Fields = Mapping[str, str] | list[tuple[str, str]]


@dataclass(frozen=True)
class Seen:
    """A page as it came back, redirects followed."""

    status: int
    path: str
    text: str
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        """What a reader sees, on one line."""
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.text)).split())

    def field(self, name: str) -> str:
        """The value of the page's input called *name*."""
        found = re.search(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"', self.text)
        assert found, f"no field {name} on {self.path}"
        return html.unescape(found[1])

    def links(self, pattern: str) -> list[str]:
        """Addresses on the page that match, in order, each once."""
        found = re.findall(r'href="([^"]+)"', self.text)
        kept = (html.unescape(link) for link in found if re.search(pattern, link))
        return list(dict.fromkeys(kept))


class Staff:
    """
    One browser; it may be signed in.

    Attributes:
        csrf: The token of the last page that had one.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.csrf = ""
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def sign_in(self, email: str, password: str, *, to: str = "") -> Seen:
        await self.get(f"/login?next={to}")
        return await self.post("/login", {"email": email, "password": password, "next": to})

    async def get(self, path: str, **headers: str) -> Seen:
        async with self.http.get(self.base + path, headers=headers) as answer:
            return await self._seen(answer)

    async def post(self, path: str, fields: Fields = (), /, **headers: str) -> Seen:  # type: ignore[assignment]
        """Send a form as the last page would, unless *fields* have a `csrf` of their own."""
        sent = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        if not any(name == "csrf" for name, _ in sent):
            sent.append(("csrf", self.csrf))
        default = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        async with self.http.post(
            self.base + path, data=sent, headers={**default, **headers}
        ) as answer:
            return await self._seen(answer)

    async def upload(self, path: str, name: str, content: bytes, **fields: str) -> Seen:
        form = aiohttp.FormData({"csrf": self.csrf, **fields})
        form.add_field("file", content, filename=name)
        async with self.http.post(
            self.base + path, data=form, headers={"Sec-Fetch-Site": "same-origin"}
        ) as answer:
            return await self._seen(answer)

    def cookie(self, name: str) -> str:
        found = [cookie.value for cookie in self.http.cookie_jar if cookie.key == name]
        return found[0] if found else ""

    def plant(self, name: str, value: str) -> None:
        self.http.cookie_jar.update_cookies({name: value}, URL(self.base))

    async def _seen(self, answer: aiohttp.ClientResponse) -> Seen:
        text = await answer.text()
        if token := re.search(r'name="csrf" value="([^"]+)"', text):
            self.csrf = token[1]
        return Seen(answer.status, answer.url.path_qs, text, answer.headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
