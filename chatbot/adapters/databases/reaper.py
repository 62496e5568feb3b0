"""
Stops the embedded PostgreSQL once nobody uses it any more.

Run as a program of its own, one per data folder, so that a clean exit, a crash and `kill -9` of
the last application process all end alike: the kernel drops the shared lock that each of them
holds, this process gets the exclusive one and stops the server. It imports nothing but the
standard library, because it is started without site-packages to stay small.
"""

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

USERS_LOCK = "users.lock"  # shared: every application process
SERVER_LOCK = "server.lock"  # exclusive: the server and its children, by inheritance
REAPER_LOCK = "reaper.lock"  # exclusive: the one reaper
SOCKET = ".s.PGSQL.5432"

TURN_S = 3.0  # how long a new reaper outwaits one that is just ending
FAST_S = 20.0  # how long a fast shutdown may take before an immediate one
POLL_S = 0.02


def taken(lock: IO[str]) -> bool:
    """Whether another living process holds *lock* exclusively."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def answering(data: Path, sockets: Path) -> list[str]:
    """
    The lines of the file in which the server that answers on our socket describes itself.

    They are believed only while something accepts connections, so a process id that another
    program got since is never taken for ours. Empty when nothing answers.
    """
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
        try:
            probe.connect(str(sockets / SOCKET))
            return (data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []


def postmaster(data: Path, sockets: Path) -> int | None:
    """The server's process id; None when none answers."""
    lines = answering(data, sockets)
    return int(lines[0]) if lines else None


def state(data: Path, sockets: Path) -> str:
    """How far the server is, in its own word: `starting`, `ready`, `stopping`; or nothing."""
    return "".join(answering(data, sockets)[7:8]).strip()


def stop(server: IO[str], data: Path, sockets: Path) -> None:
    """Shut the server down in order, then at once if it dawdles; returns when it is gone."""
    patience = time.monotonic() + FAST_S
    sent: set[signal.Signals] = set()
    while taken(server):
        order = signal.SIGINT if time.monotonic() < patience else signal.SIGQUIT
        pid = None if order in sent else postmaster(data, sockets)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)
            sent.add(order)
        time.sleep(POLL_S)
    if sockets != data:
        shutil.rmtree(sockets, ignore_errors=True)  # a folder that another run took over stays


def detach() -> None:
    """Leave the terminal and the parent, so that neither takes this process along."""
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def main(home: Path, data: Path, sockets: Path) -> None:
    # Who ends all that is ours at once must not leave the server behind; we end right after it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with (
        (home / REAPER_LOCK).open("a") as mine,
        (home / USERS_LOCK).open("a") as users,
        (home / SERVER_LOCK).open("a") as server,
    ):
        detach()  # with the files open: whoever started us may remove the folder at any time
        deadline = time.monotonic() + TURN_S
        while True:
            try:
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return  # another one is on watch
            time.sleep(POLL_S)
        fcntl.flock(users, fcntl.LOCK_EX)
        stop(server, data, sockets)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
