"""
Whether and when a request that failed is made again.

Exponential backoff with full jitter (a uniform share of a bound that doubles, after Marc Brooker,
"Exponential Backoff And Jitter", AWS Architecture Blog, 2015). `Retry-After` takes its place when
the provider sent one, and nothing is tried that the turn has no time left for.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.resilience.faults import LIMITED, passes

BASE_S = 0.25
LONGEST_S = 2.0
MOST_RETRIES = 1
MOST_LIMITED = 2
"""How often one request is put back in line because the provider limits its rate."""


@dataclass(slots=True)
class Retries:
    """
    The retries of one request.

    Attributes:
        random: Uniform between 0 and 1.
    """

    random: Callable[[], float]
    failures: int = 0
    limited: int = 0

    def wait_s(
        self, error: ProviderDegraded | ProviderRefused, *, left_s: float, said: bool
    ) -> float | None:
        """
        Seconds to wait before the request is made again; None when it is not.

        Args:
            error: How it failed.
            left_s: Time of the turn that would be left for waiting.
            said: The customer has read words of it.
        """
        if said or isinstance(error, ProviderRefused):
            return None
        if error.fault == LIMITED:
            self.limited += 1
            again = error.retry_after is not None and self.limited <= MOST_LIMITED
            wait = error.retry_after
        else:
            bound = min(LONGEST_S, BASE_S * 2**self.failures)
            self.failures += 1
            again = passes(error) and self.failures <= MOST_RETRIES
            wait = bound * self.random() if error.retry_after is None else error.retry_after
        return wait if again and wait is not None and wait < left_s else None
