"""
PostgreSQL refuses to run as root, so as root its programs run as `nobody`.

No user is made and no parent folder is opened up. Situations:

    not root                                   -> as we are
    root; nobody can walk to data and programs -> as nobody
    root; it cannot (below a closed home)      -> as nobody, lent the capability that lets it walk
    root; neither, nor have we that to lend    -> as nobody, data and programs in /var/lib/chatbot
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chatbot.errors import Misconfigured

if sys.platform != "win32":
    import pwd

SHELTER = Path("/var/lib/chatbot")
WALK = "dac_read_search"
WALK_BIT = 2  # CAP_DAC_READ_SEARCH in linux/capability.h


@dataclass(frozen=True)
class Place:
    """
    Where a server lives and as whom it runs.

    Attributes:
        home: Folder for its data, locks and log.
        programs: Folder with `postgres` and `initdb`.
        owner: User and group its files belong to; None means our own.
        prefix: Words before each command.
        named: Words before a command that asks for the name of its user.
        identity: Arguments of `subprocess` that leave root.
    """

    home: Path
    programs: Path
    owner: tuple[int, int] | None = None
    prefix: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    identity: Mapping[str, Any] = field(default_factory=dict)


def settle(home: Path, programs: Path, *, shelter: Path) -> Place:
    """
    Choose where the server that was asked for in *home* really lives.

    Raises:
        Misconfigured: We are root and can become nobody else.
    """
    home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Place(home, programs, named=_named())
    nobody = pwd.getpwnam("nobody")
    owner = (nobody.pw_uid, nobody.pw_gid)
    identity = {"user": owner[0], "group": owner[1], "extra_groups": []}
    place = Place(home, programs, owner, identity=identity)
    if _reaches(place):
        return place
    if _may_lend_walking():
        ids = (f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups")
        lent = (f"--inh-caps=-all,+{WALK}", f"--ambient-caps=+{WALK}")
        kept = "--securebits=+no_setuid_fixup"
        return Place(home, programs, owner, ("setpriv", *ids, *lent, kept))
    home = shelter / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    home.mkdir(parents=True, exist_ok=True)
    place = replace(place, home=home)
    return place if _reaches(place) else replace(place, programs=_copied(programs, home))


def _named() -> tuple[str, ...]:
    """`initdb` insists on a name for its user; containers often run as a bare number."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        borrowed = ("unshare", "--user", f"--map-user={pwd.getpwnam('nobody').pw_uid}")
        trial = [*borrowed, "true"]
        if shutil.which(trial[0]) and subprocess.run(trial, check=False).returncode == 0:
            return borrowed
        raise Misconfigured(
            f"The embedded PostgreSQL needs a named user, and user id {os.geteuid()} has no line "
            "in /etc/passwd: add one, or set CHATBOT_DATABASE_URL to a server of your own."
        ) from None
    return ()


def _reaches(place: Place) -> bool:
    """Ask a process that is nobody, as only that sees access lists and mounts as they are."""
    look = 'test -x "$0" && test -d "$1/."'
    command = ["sh", "-c", look, str(place.programs / "postgres"), str(place.home)]
    try:
        return subprocess.run(command, check=False, cwd="/", **place.identity).returncode == 0
    except (OSError, subprocess.SubprocessError) as error:
        raise Misconfigured(
            "The embedded PostgreSQL cannot run as root and this root cannot become nobody: "
            "start as an ordinary user, or set CHATBOT_DATABASE_URL to a server of your own."
        ) from error


def _may_lend_walking() -> bool:
    """Whether we hold the capability and the program that hands it on."""
    if platform.system() != "Linux" or shutil.which("setpriv") is None:
        return False
    lines = Path("/proc/self/status").read_text().splitlines()
    permitted = next(int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:"))
    return bool(permitted >> WALK_BIT & 1)


def _copied(programs: Path, home: Path) -> Path:
    """The programs and the libraries that the wheel puts beside its package, copied once."""
    package = programs.parent.parent
    version = hashlib.sha256(os.fsencode(package) + f"{package.stat().st_mtime_ns}".encode())
    target = home / f"programs-{version.hexdigest()[:8]}"
    if not target.exists():
        half = target.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)  # left by a copy that was killed
        for folder in (programs.parent, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, half / folder.relative_to(package.parent), symlinks=True)
        half.rename(target)
    return target / programs.relative_to(package.parent)
