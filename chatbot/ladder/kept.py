"""A reply as the cache holds it, and whom it may be given to."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """
    A reply as the cache holds it.

    Attributes:
        answers: (id, title) of what it cites.
        texts: Hash of each cited answer's text, by id.
        lasting: It rests on approved answers; else it is a model's own words.
        asker: Hash of the only customer who was told it; empty once it is shared, for who asked
            is then nobody's business.
        shared: Anybody may read it: it is lasting, or two customers were told the very same.
        turn: The turn that made it.
        bank: Version of the bank it was made with.
        at: When, in seconds since 1970.
    """

    text: str
    answers: tuple[tuple[str, str], ...]
    texts: dict[str, str]
    lasting: bool
    asker: str
    shared: bool
    turn: str
    bank: str
    at: float

    def shares(self, text: str, asker: str) -> bool:
        """Whether *text*, told to *asker*, is what somebody else was told."""
        return self.text == text and (self.shared or self.asker != asker)

    def written(self) -> str:
        """The text that `read_kept` reads."""
        return json.dumps(asdict(self))


def read_kept(found: str) -> Kept | None:
    """What was written; None when another version of this program wrote it."""
    try:
        parts = json.loads(found)
        parts["answers"] = tuple((name, title) for name, title in parts["answers"])
        return Kept(**parts)
    except (ValueError, TypeError, KeyError):
        return None
