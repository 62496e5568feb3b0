"""The demo shop at `/`, with the widget in its corner."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import uuid4

import jwt
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from chatbot.demo.loading import Installed
from chatbot.domain.principal import system
from chatbot.errors import NotFound
from chatbot.http.office import Office
from chatbot.http.pages import HEADERS

_VISIT = timedelta(minutes=5)


@get("/", include_in_schema=False)
async def shop(
    office: NamedDependency[Office],
    customer: Annotated[str, QueryParameter(name="as", max_length=100)] = "",
) -> Response[Any]:
    """The shop; `?as=` shows it to one of its customers, signed in by the shop's own secret."""
    installed = office.installed
    if installed is None:
        return Redirect("/console/")
    if customer and customer not in installed.customers:
        raise NotFound("customer", customer[:40])
    workspace = await office.sites.by_key(installed.site_key)
    async with office.desk.store.begin(system(workspace.id)) as db:
        known = {one.external_id: one for one in await db.customers.newest(limit=500)}
    return Template(
        "demo/shop.html",
        context={
            "company_name": workspace.name,
            "site_key": workspace.site_key,
            "customers": [known[key] for key in installed.customers if key in known],
            "current": customer or None,
            "identity": _identity(office, installed, customer) if customer else "",
            "widget_src": "/widget.js",
            "accent": workspace.settings.accent,
        },
        headers=dict(HEADERS),
    )


def _identity(office: Office, installed: Installed, customer: str) -> str:
    """What a real shop's server would sign for its own signed-in customer."""
    claims = {"sub": customer, "jti": uuid4().hex, "exp": office.desk.clock.now() + _VISIT}
    return jwt.encode(claims, installed.identity_secret, algorithm="HS256")
