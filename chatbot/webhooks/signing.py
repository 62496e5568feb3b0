"""
Signatures by which a receiver knows that an event is ours.

They are those of the Standard Webhooks specification (standardwebhooks.com), symmetric scheme `v1`.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from chatbot.errors import Misconfigured

PREFIX = "whsec_"
SECRET_BYTES = 32
"""Half of the longest and more than the shortest that the specification allows (24 to 64)."""


def secret_of(random: bytes) -> str:
    """Random bytes as the secret is written: `whsec_` and base64."""
    return PREFIX + base64.b64encode(random).decode()


def signed(secret: str, event_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """
    The three headers of an attempt: HMAC-SHA256 over `id.timestamp.body`.

    Args:
        secret: As `secret_of` writes it.
        event_id: The same in every attempt.
        at: The moment of this attempt; receivers refuse old ones.
        body: Exactly the bytes that are sent.

    Raises:
        Misconfigured: The secret is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise Misconfigured("The webhook's secret is no base64: make a new one.") from error
    timestamp = str(int(at.timestamp()))
    content = b".".join((event_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
