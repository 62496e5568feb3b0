"""Locks that last until their file is closed, by us and by every process that inherited it."""

import sys
import time
from pathlib import Path
from typing import IO

from chatbot.errors import Unavailable

if sys.platform != "win32":
    import fcntl

POLL_S = 0.02


def take(path: Path, *, shared: bool = False) -> IO[str] | None:
    """The lock, or None while somebody has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def wait(path: Path, deadline: float, *, shared: bool = False) -> IO[str]:
    """
    The lock as soon as nobody else has it.

    Args:
        path: The file that stands for it; made if there is none.
        deadline: In seconds of `time.monotonic`.
        shared: With others who also share it.

    Raises:
        Unavailable: Somebody kept it past *deadline*.
    """
    while True:
        if lock := take(path, shared=shared):
            return lock
        if time.monotonic() > deadline:
            raise Unavailable(
                f"Another process keeps {path} busy: see whether a server is still starting or "
                "stopping in this data folder, and start again."
            )
        time.sleep(POLL_S)


def wait_until_free(path: Path) -> None:
    """Return when nobody has the lock exclusively, however long that takes."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
