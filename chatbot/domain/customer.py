"""Who writes in the widget, and the dated facts we know of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Customer:
    """
    One customer of a workspace, anonymous or identified.

    Attributes:
        external_id: The company's own id; None for an anonymous visitor.
        verified: The company's server vouched for this identity with a signed token.
        plan: The company's word for the level of service, for example `plus`.
        attributes: Any further facts, as the company sent them.
    """

    id: UUID
    external_id: str | None
    name: str
    email: str
    plan: str
    locale: str
    attributes: Mapping[str, Any]
    verified: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerEvent:
    """Something dated that happened to a customer: an order, a payment, a visit."""

    id: UUID
    customer_id: UUID
    kind: str
    at: datetime
    data: Mapping[str, Any]
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What a context may say of its customer: the profile and the latest events, newest first."""

    customer: Customer
    events: tuple[CustomerEvent, ...] = field(default=())
