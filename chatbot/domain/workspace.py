"""One company using the system, and the people in it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatbot.domain.principal import Role

_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """
    What an owner may set.

    Attributes:
        sites: Origins (scheme, host, port) whose pages may open the widget.
        accent: One brand colour as `#rrggbb`; the themes are derived from it.
        link_hosts: Hosts that links in replies may point to; other links are shown as text.
        risk: The dial: the share of answers given by the bank that may be wrong.
        answer_within_s: What customers are told about when a person answers.
        locale: The language of system words where a customer has none.
        identity_public_key: PEM of the Ed25519 key that signs identities, where EdDSA is used.
    """

    sites: tuple[str, ...] = ()
    bot_name: str = "Assistant"
    accent: str = "#2f5bd0"
    greeting: str = "Hello! How can we help?"
    link_hosts: tuple[str, ...] = ()
    risk: float = 0.02
    answer_within_s: int = 4 * 3600
    locale: str = "en"
    timezone: str = "UTC"
    identity_public_key: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """
    A tenant.

    Attributes:
        site_key: Public; names the workspace in the script tag.
        bank_version: Grows with every change that customers can notice in the answer bank.
        rules_version: The same for the rules.
    """

    id: UUID
    slug: str
    name: str
    site_key: str
    settings: WorkspaceSettings
    bank_version: int = 0
    rules_version: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """A person of the company who signs in."""

    id: UUID
    workspace_id: UUID
    email: str
    name: str
    role: Role
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser of a user; `csrf` is bound to it."""

    user: User
    csrf: str
    expires_at: datetime
    fresh: bool = field(default=False)


def is_email(text: str) -> bool:
    """Whether somebody could sign in with *text*."""
    return len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None
