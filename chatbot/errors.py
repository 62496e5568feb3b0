"""
Every error this package raises, and who catches it.

    ChatbotError
      Rejected              their own fault; its sentence is shown to them   -> 4xx, error frame
        Malformed           cannot be understood as it stands                   -> 400
        NotSignedIn         no valid token, key or session                      -> 401
          Expired           it was valid once; a new one may be had
        NotAllowed          known, but not permitted                            -> 403
        NotFound            not there, or not theirs to see (never told apart)  -> 404
        Conflict            valid once, but not in the present state            -> 409
          Superseded        another process holds this turn now; its work is dropped
        TooLarge            over a limit of size                                -> 413
        TooMany             over a limit of rate                                -> 429
      Declined              a rung steps aside; caught by the ladder            -> never shown
        CacheMiss
        ProviderDegraded    rate limit, timeout, 5xx, cut or malformed stream
        ProviderRefused     a setting is wrong at the provider: retrying is useless
        Unsound             what a model wrote cannot be acted on or shown
        NoMatch             the answer bank abstains
      Unavailable           a part we need is away for now                      -> 503
      Misconfigured         stops start-up, names the setting

An error outside this tree is a bug: it is logged with its traceback, the customer
is handed off to a person and nothing of it is shown.
"""


class ChatbotError(Exception):
    """Root of the tree; `code` is stable and safe to show, log and alert on."""

    code = "chatbot_error"


class Rejected(ChatbotError):
    """The caller asked for something that cannot be; the message is one sentence for them."""

    code = "rejected"
    status = 400


class Malformed(Rejected):
    code = "malformed"


class NotSignedIn(Rejected):
    code = "not_signed_in"
    status = 401


class Expired(NotSignedIn):
    """A token of ours that was good once: whoever holds it may ask for a new one."""

    code = "token_expired"


class NotAllowed(Rejected):
    code = "not_allowed"
    status = 403


class NotFound(Rejected):
    """Nothing there, or not theirs: the two are never told apart."""

    code = "not_found"
    status = 404

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(f"There is no {noun} {key!s}.")
        self.noun, self.key = noun, key


class Conflict(Rejected):
    code = "conflict"
    status = 409


class Superseded(Conflict):
    """Another process holds this turn now: whatever we made of it must not be written."""

    code = "superseded"


class TooLarge(Rejected):
    code = "too_large"
    status = 413


class TooMany(Rejected):
    """
    Over a rate limit.

    Attributes:
        retry_after: Seconds after which the same call may pass.
    """

    code = "too_many"
    status = 429

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Declined(ChatbotError):
    """A rung cannot settle this turn; `code` is the reason that the receipt keeps."""

    code = "declined"


class CacheMiss(Declined):
    code = "cache_miss"


class ProviderDegraded(Declined):
    """
    The provider cannot answer now, or broke off while it did.

    Attributes:
        fault: What went wrong, in one word of the fault table (`docs/continuity.md`).
        retry_after: Seconds the provider asked us to wait; None when it did not say.
    """

    code = "provider_degraded"

    def __init__(self, message: str, *, fault: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.fault, self.retry_after = fault, retry_after


class ProviderRefused(Declined):
    """
    The provider will not answer until an operator mends something (key, quota, model name).

    Attributes:
        fault: What it refused, in one word.
    """

    code = "provider_refused"

    def __init__(self, message: str, *, fault: str) -> None:
        super().__init__(message)
        self.fault = fault


class Unsound(Declined):
    """
    What a model wrote is whole, but cannot be acted on or shown.

    Attributes:
        fault: `bad_tool_call` or `false_claim`.
    """

    code = "unsound"

    def __init__(self, message: str, *, fault: str) -> None:
        super().__init__(message)
        self.fault = fault


class NoMatch(Declined):
    code = "no_match"


class Unavailable(ChatbotError):
    """A part that the work needs is away; the same call may pass in a moment."""

    code = "unavailable"


class Misconfigured(ChatbotError):
    """A setting is wrong; the sentence names it, what was read and what is expected."""

    code = "misconfigured"
