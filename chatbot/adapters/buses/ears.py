"""Who listens to what in this process."""

import logging
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Said = TypeVar("Said")

_log = logging.getLogger(__name__)


class Ear(Generic[Said]):
    """One listener's subscription."""

    def __init__(
        self, listener: Callable[[Said], None], leave: Callable[["Ear[Said]"], None]
    ) -> None:
        self._listener, self._leave = listener, leave
        self._open = True

    def hear(self, said: Said) -> None:
        if not self._open:  # closed by a listener that heard the same before
            return
        try:
            self._listener(said)
        except Exception:  # noqa: BLE001
            # A listener is a stranger's code: whatever it raises is its own trouble, and neither
            # the one who speaks nor the other listeners may come to harm.
            _log.exception("A listener failed; the others were told nevertheless.")

    def close(self) -> None:
        if self._open:
            self._open = False
            self._leave(self)


class Ears(Generic[Key, Said]):
    """Listeners by what they listen to; a key without any costs nothing."""

    def __init__(self) -> None:
        self._ears: dict[Key, list[Ear[Said]]] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._ears

    def __iter__(self) -> Iterator[Key]:
        return iter(self._ears)

    def add(
        self,
        key: Key,
        listener: Callable[[Said], None],
        deserted: Callable[[Key], None] = lambda _: None,
    ) -> Ear[Said]:
        """Listen to *key* until closed; *deserted* is called when nobody listens any more."""

        def leave(ear: Ear[Said]) -> None:
            self._ears[key].remove(ear)
            if not self._ears[key]:
                del self._ears[key]
                deserted(key)

        ear = Ear(listener, leave)
        self._ears.setdefault(key, []).append(ear)
        return ear

    def tell(self, key: Key, said: Said) -> None:
        """Call every listener of *key* now, in the order they came."""
        for ear in tuple(self._ears.get(key, ())):
            ear.hear(said)
