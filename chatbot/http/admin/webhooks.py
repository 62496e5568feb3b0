"""The address that is told what happens, and the secret that its events are signed with."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from litestar import Response, post
from litestar.di import NamedDependency

from chatbot.domain.webhook import Webhook
from chatbot.errors import Malformed, NotFound
from chatbot.http.admin.sites import WebhookSaid, show
from chatbot.http.forms import Form
from chatbot.http.office import Office
from chatbot.http.pages import see
from chatbot.http.visits import AnyRequest, visit_of

_LONGEST = 500


@post("/sites/webhook", status_code=200)
async def save_webhook(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """The address; with the first one a secret is made, and shown this once."""
    form = await Form.read(request)
    typed = form.secret("url").strip()
    try:
        url = _address(typed, plain=office.settings.webhooks.private_targets)
    except Malformed as error:
        kept = WebhookSaid(typed=typed[:_LONGEST])
        return await show(request, office, wrong=str(error), status=error.status, webhook=kept)
    by = visit_of(request).principal
    secret, sealed = office.house.deliverer.new_secret(by.workspace)
    async with office.desk.store.begin(by) as db:
        known = await db.webhooks.get()
        await db.webhooks.set(Webhook(url, sealed) if known is None else replace(known, url=url))
        await db.audit.record("webhook.address", url)
    if known is not None:
        return see("/admin/sites?done=webhook")
    return await show(request, office, webhook=WebhookSaid(secret))


@post("/sites/webhook/secret", status_code=200)
async def replace_webhook_secret(
    request: AnyRequest, office: NamedDependency[Office]
) -> Response[Any]:
    """A new secret, shown once and sealed; every attempt from now on is signed with it."""
    by = visit_of(request).principal
    secret, sealed = office.house.deliverer.new_secret(by.workspace)
    async with office.desk.store.begin(by) as db:
        known = await db.webhooks.get()
        if known is None:
            raise NotFound("webhook", "of this workspace")
        await db.webhooks.set(replace(known, sealed_secret=sealed))
        await db.audit.record("webhook.secret", "replaced")
    return await show(request, office, webhook=WebhookSaid(secret))


@post("/sites/webhook/test", status_code=200)
async def try_webhook(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """Send an event that means nothing, and show what came back."""
    outcome = await office.house.deliverer.test(visit_of(request).principal)
    return await show(request, office, webhook=WebhookSaid(outcome=outcome))


@post("/sites/webhook/remove")
async def remove_webhook(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """Forget address and secret; what waits is not sent any more."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        await db.webhooks.remove()
        await db.audit.record("webhook.remove", "")
    return see("/admin/sites?done=removed")


def _address(text: str, *, plain: bool) -> str:
    """
    Args:
        text: As it was typed.
        plain: `http` is taken too; where it may lead to is the courier's to judge.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    schemes = {"https", "http"} if plain else {"https"}
    named = bool(host) and parts.username is None and not parts.fragment
    visible = text.isascii() and text.isprintable() and " " not in text
    if parts.scheme not in schemes or not named or not visible or len(text) > _LONGEST:
        raise Malformed(
            f"The address {text[:60]!r} cannot be sent to; write https://www.example.com/hook."
        )
    return text
