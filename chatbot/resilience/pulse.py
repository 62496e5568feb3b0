"""How the models are doing, as customers should be told."""

from chatbot.ports import Clock

REMEMBERED_S = 60.0
"""A failure is old news after this: the next customer tries the model again anyway."""


class ModelPulse:
    """Remembers whether the last turn that wanted a model got one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed_at: float | None = None

    @property
    def degraded(self) -> bool:
        """Whether a model failed lately and none has answered since."""
        if self._failed_at is None:
            return False
        return self._clock.monotonic() - self._failed_at < REMEMBERED_S

    def failed(self) -> None:
        self._failed_at = self._clock.monotonic()

    def answered(self) -> None:
        self._failed_at = None
