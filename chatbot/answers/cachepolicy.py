"""
What may be read from the cache and what may be put into it.

Read *before* the cache is asked. A question that is about its asker, that needs what was said
before, or that is a complaint or a matter of law or safety goes around it, whatever the
likeness; so does a reply that was made with the help of a customer's facts or of a tool.
Nothing is kept that was said later than in a conversation's first turn: a customer who tells
the model what to say would else speak to everybody who asks the same after them.
"""

import hashlib

from chatbot.context.personal import kinds
from chatbot.domain.ask import Ask

_REASONS = ("own_state", "identifier", "sensitive")


def why_not_read(ask: Ask) -> str | None:
    """Why *ask* must not be answered from the cache, in one word; None when it may."""
    if ask.follow_up:
        return "follow_up"
    found = kinds(ask.question, earlier=False)
    return next((reason for reason in _REASONS if reason in found), None)


def why_not_keep(ask: Ask, *, used_tools: bool) -> str | None:
    """Why the reply to *ask* must not be given to anybody else; None when it may."""
    if used_tools:
        return "tools"
    if ask.personal:
        return "customer_facts"
    if ask.earlier:
        return "conversation"
    return why_not_read(ask)


def audience(ask: Ask) -> str:
    """
    Who may share a cached reply: customers whom the same rules apply to.

    A part of the cache's key: a reply that was made under other rules is another reply.
    """
    return hashlib.sha256("\n".join(ask.rules).encode()).hexdigest()[:16]
