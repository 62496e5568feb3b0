"""
`chatbot` without the second or two that its imports take: they are made once, then forked.

Run as a program it is the one that has imported every command and waits. For each request it
forks a process that becomes `python -m chatbot`, with streams of its own and its settings added to
the environment, and says how that ended. Nothing runs in it but the imports.
"""

import asyncio
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import chatbot.cli

ROOT = Path(__file__).parents[1]
LONGEST = 1 << 16  # of a request, in bytes
WITHIN_S = 120
"""Seconds after which a command ends by itself: nobody waits for it any more."""


class Forks:
    """The program that waits, seen from the tests."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests

    async def run(
        self, words: Sequence[str], environment: Mapping[str, str], streams: Sequence[int]
    ) -> int:
        """
        Run `chatbot` with *words*, to its end.

        Args:
            words: What follows the program's name.
            environment: Its settings, beside what `forks` was given.
            streams: Descriptors of stdin, stdout and stderr.

        Returns:
            The exit status, negative for a signal.
        """
        request = json.dumps([words, dict(environment)]).encode()
        assert len(request) <= LONGEST
        ended, theirs = socket.socketpair()
        with ended:
            with theirs:
                socket.send_fds(self._requests, [request], [*streams, theirs.fileno()])
            ended.settimeout(0)
            how = await asyncio.get_running_loop().sock_recv(ended, 16)
        assert how, "the process that waits for the command has died"
        return int(how)


@contextmanager
def forks(environment: Mapping[str, str]) -> Iterator[Forks]:
    """The program runs as long as the block; it ends with whoever holds the other end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            program = subprocess.Popen(
                [sys.executable, "-m", "tests.forking"],
                stdin=theirs.fileno(),
                env=environment,
                cwd=ROOT,
            )
        yield Forks(ours)
    program.wait()


def main() -> None:
    for command in pkgutil.iter_modules(chatbot.cli.__path__, "chatbot.cli."):
        importlib.import_module(command.name)
    gc.collect()
    gc.freeze()  # what was imported stays shared with the forks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for them
    requests = socket.socket(fileno=os.dup(0))
    while True:
        request, streams, *_ = socket.recv_fds(requests, LONGEST, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            _watch(request, streams)
            return
        for stream in streams:
            os.close(stream)


def _watch(request: bytes, streams: Sequence[int]) -> None:
    """Become the command in one process more, and in this one wait for how it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child:
        _, how = os.waitpid(child, 0)
        os.write(streams[-1], str(os.waitstatus_to_exitcode(how)).encode())
        os._exit(0)
    words, environment = json.loads(request)
    for place, stream in enumerate(streams[:3]):
        os.dup2(stream, place)
    for stream in streams:
        os.close(stream)
    # Nothing is taken away: what our imports forbid the libraries stands in the environment.
    os.environ.update(environment)
    signal.alarm(WITHIN_S)
    sys.argv = ["chatbot", *words]
    runpy.run_module("chatbot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
