"""What a turn finds when it begins: everything that its context may speak of."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chatbot.domain.conversation import Conversation, Entry
from chatbot.domain.customer import CustomerFacts
from chatbot.domain.rule import Rule
from chatbot.domain.ticket import Ticket
from chatbot.domain.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Situation:
    """
    One snapshot of one conversation.

    Attributes:
        workspace: Whose customer asks.
        conversation: Where.
        history: Its latest entries, those of this turn may be among them.
        facts: Of the conversation's own customer, and of nobody else.
        rules: All of the workspace's.
        tickets: Those that are open in the conversation.
        now: Aware.
    """

    workspace: Workspace
    conversation: Conversation
    history: tuple[Entry, ...]
    facts: CustomerFacts
    rules: tuple[Rule, ...]
    tickets: tuple[Ticket, ...]
    now: datetime

    @property
    def today(self) -> date:
        """The day where the company is."""
        try:
            zone = ZoneInfo(self.workspace.settings.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return self.now.astimezone(UTC).date()
        return self.now.astimezone(zone).date()

    @property
    def locale(self) -> str:
        """The customer's, or the company's where they have none."""
        return self.facts.customer.locale or self.workspace.settings.locale
