"""What customers made of single answers, and how much less readily these are given for it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chatbot.domain.given import Thumbs
from chatbot.ports import BankSource, Clock

_log = logging.getLogger(__name__)

_STRENGTH = 30.0
"""Judgements that the prior is worth."""

_LEAST_CENTRE, _MOST_CENTRE = 0.5, 0.8
"""Where the prior's mean may lie: customers seldom judge what helped."""

_SURER = 0.2  # of the doubt about an answer, which the best reputation takes off at most
_EVERY = timedelta(minutes=1)  # after which judgements are read again
_WORKSPACES = 200  # kept at most; the least recently asked is dropped


@dataclass(frozen=True, slots=True)
class Reputation:
    """
    How helpful each answer was, as a share of what is usual in its bank.

    The share of judgements in which an answer helps has a Beta prior worth `_STRENGTH` of them,
    centred on the bank's own share (an empirical Bayes estimate: Casella, An introduction to
    empirical Bayes data analysis, Am. Stat. 39 (1985)). With u for and d against,

        mean = (_STRENGTH * centre + u) / (_STRENGTH + u + d)

    and P(right) is multiplied by mean / centre where that is below 1; above, at most `_SURER` of
    the doubt is taken off. One judgement of each kind is not counted, so that nobody alone moves
    an answer across the dial; without judgements nothing changes.

    Attributes:
        judged: On how many judgements it rests.
    """

    thumbs: Mapping[str, Thumbs] = field(default_factory=dict)
    judged: int = 0
    _centre: float = _MOST_CENTRE

    @classmethod
    def of(cls, thumbs: Mapping[str, Thumbs]) -> "Reputation":
        """
        Args:
            thumbs: By answer, for the words that customers receive now.
        """
        up, down = (sum(one[place] for one in map(_counted, thumbs.values())) for place in (0, 1))
        usual = (_STRENGTH * _MOST_CENTRE + up) / (_STRENGTH + up + down)
        judged = sum(one.judged for one in thumbs.values())
        return cls(thumbs, judged, min(max(usual, _LEAST_CENTRE), _MOST_CENTRE))

    def standing(self, key: str) -> float:
        """The answer's expected share of helpful judgements over what is usual; 1 is as usual."""
        up, down = _counted(self.thumbs.get(key, Thumbs()))
        mean = (_STRENGTH * self._centre + up) / (_STRENGTH + up + down)
        return mean / self._centre

    def weighed(self, key: str, chance: float) -> float:
        """The *chance* that the answer is right, with what customers made of it."""
        if key not in self.thumbs:
            return chance
        standing = self.standing(key)
        if standing <= 1:
            return chance * standing
        best = 1 / self._centre
        return 1 - (1 - chance) * (1 - _SURER * (standing - 1) / (best - 1))


UNJUDGED = Reputation()


class Reputations:
    """Each workspace's reputation in this process, read again in the background."""

    def __init__(self, source: BankSource, clock: Clock) -> None:
        self._source, self._clock = source, clock
        self._known: OrderedDict[UUID, tuple[datetime, Reputation]] = OrderedDict()
        self._reading: dict[UUID, asyncio.Task[None]] = {}

    def of(self, workspace_id: UUID) -> Reputation:
        """What is known; when that is old, it is read again meanwhile."""
        at, known = self._known.get(workspace_id, (None, UNJUDGED))
        if (at is None or self._clock.now() - at >= _EVERY) and workspace_id not in self._reading:
            task = asyncio.create_task(self.read(workspace_id), name=f"judgements {workspace_id}")
            self._reading[workspace_id] = task
            task.add_done_callback(lambda _: self._reading.pop(workspace_id, None))
        return known

    async def read(self, workspace_id: UUID) -> None:
        """Read it now; when that fails, the one that was known stays."""
        _, found = self._known.get(workspace_id, (None, UNJUDGED))
        try:
            found = Reputation.of(await self._source.thumbs(workspace_id))
        except Exception:  # noqa: BLE001
            # Whatever is wrong with the judgements, customers go on being answered.
            _log.exception("judgements of workspace %s could not be read", workspace_id)
        self._known[workspace_id] = (self._clock.now(), found)
        self._known.move_to_end(workspace_id)
        while len(self._known) > _WORKSPACES:
            self._known.popitem(last=False)

    @property
    def working(self) -> list[asyncio.Task[None]]:
        """What is being read."""
        return list(self._reading.values())


def _counted(thumbs: Thumbs) -> tuple[int, int]:
    """Judgements for and against that count: all but one of each."""
    return max(0, thumbs.helpful - 1), max(0, thumbs.unhelpful - 1)
