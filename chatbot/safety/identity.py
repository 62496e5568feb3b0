"""Identities that a company's own server vouches for, as signed tokens (JWT)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from chatbot.errors import NotAllowed

LONGEST = timedelta(minutes=10)
SKEW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Who the company says its visitor is.

    Attributes:
        jti: The token's own id; it may be used once.
        expires_at: Until when it is taken: its `exp`, and what clocks may differ. Who remembers
            used ones forgets none sooner.
        profile: `name`, `email` and `locale`, as far as the token says them.
    """

    external_id: str
    jti: str
    expires_at: datetime
    profile: dict[str, str]


def read_identity(token: str, *, secret: str, public_key: str, now: datetime) -> Identity:
    """
    Check an identity token.

    Args:
        token: HS256 with the workspace's identity secret, or EdDSA with its key pair.
        secret: The workspace's identity secret.
        public_key: PEM of the Ed25519 public key, or empty.
        now: The present moment.

    Raises:
        NotAllowed: It is forged, expired, lasts too long or lacks `sub`, `exp` or `jti`.
    """
    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
        if algorithm == "EdDSA" and public_key:
            key = public_key
        elif algorithm == "HS256":
            key = secret
        else:
            raise NotAllowed("Sign identities with HS256, or with EdDSA after giving us your key.")
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            options={
                "require": ["sub", "exp", "jti"],
                "verify_exp": False,
                "verify_aud": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        expires_at = datetime.fromtimestamp(float(claims["exp"]), UTC) + SKEW
        external_id, jti = claims["sub"], claims["jti"]
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise NotAllowed("This identity is not signed with this workspace's secret.") from error
    if expires_at < now:
        raise NotAllowed("This identity has expired: sign a new one for each visit.")
    if expires_at > now + LONGEST + 2 * SKEW:
        raise NotAllowed("This identity lasts longer than 10 minutes: set `exp` earlier.")
    if not all(_is_name(part) for part in (external_id, jti)):
        raise NotAllowed("`sub` and `jti` of an identity have 1 to 200 printable characters.")
    profile = {
        name: value.replace("\0", "")[:200]
        for name in ("name", "email", "locale")
        if isinstance(value := claims.get(name), str)
    }
    return Identity(external_id, jti, expires_at, profile)


def _is_name(part: object) -> bool:
    return isinstance(part, str) and 0 < len(part) <= 200 and part.isprintable()  # noqa: PLR2004 see the sentence
