"""On whose behalf something is done. Every door of the store takes one."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["agent", "admin", "owner"]
Kind = Literal["customer", "agent", "admin", "owner", "key", "system"]

_RANK = {"agent": 1, "admin": 2, "owner": 3}


@dataclass(frozen=True, slots=True)
class Principal:
    """
    Who acts, in which workspace.

    Attributes:
        workspace: The only workspace whose rows can be seen or written.
        kind: A customer, a person of the company by role, an API key, or the system itself.
        id: The customer's, user's or key's id; None for the system.
        name: What audit lines and screens call them.
    """

    workspace: UUID
    kind: Kind
    id: UUID | None = None
    name: str = ""

    def at_least(self, role: Role) -> bool:
        """Whether a person of the company has *role* or a higher one."""
        return _RANK.get(self.kind, 0) >= _RANK[role]


def system(workspace: UUID) -> Principal:
    """The application acting for a workspace, with nobody behind it."""
    return Principal(workspace, "system", name="system")
