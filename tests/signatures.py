"""What a receiver computes to know that an event is ours: by the specification, not by our code."""

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC


def signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over `id.timestamp.body`; the key is the secret's base64."""
    hmac = HMAC(base64.b64decode(secret.split("_", 1)[1]), SHA256())
    hmac.update(f"{event_id}.{timestamp}.".encode() + body)
    return base64.b64encode(hmac.finalize()).decode()
