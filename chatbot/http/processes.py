"""Several serving processes behind one listening socket, as one command."""

import signal
import socket
import subprocess
import sys
import time
from types import FrameType

import click

_GRACE_S = 15.0
_RESTART_S = 1.0


def supervise(count: int, host: str, port: int) -> int:
    """
    Run *count* processes that accept from one socket; replace one that dies.

    Returns:
        The exit status: 0 when they were asked to end and did.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        listener.set_inheritable(True)
        return _Crew(count, listener.fileno()).run()


class _Crew:
    def __init__(self, count: int, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ending = False
        self._crew = [self._start() for _ in range(count)]

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "chatbot", "serve", f"--listener={self._descriptor}"]
        return subprocess.Popen(command, pass_fds=[self._descriptor])  # noqa: S603 ourselves

    def run(self) -> int:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._end)
        while not self._ending:
            time.sleep(_RESTART_S)
            for index, process in enumerate(self._crew):
                if process.poll() is not None and not self._ending:
                    click.echo(
                        f"A process ended with {process.returncode}; starting another.", err=True
                    )
                    self._crew[index] = self._start()
        return self._wait()

    def _end(self, signum: int, _frame: FrameType | None) -> None:
        self._ending = True
        for process in self._crew:
            process.send_signal(signum)

    def _wait(self) -> int:
        deadline = time.monotonic() + _GRACE_S
        for process in self._crew:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        return 0
