"""
From a bare machine to a running application or test suite, in one command.

    python3 scripts/dev.py setup|run|test|check|bench|chaos [arguments for what is started]

Needs a Python with pip (or uv) and the standard library. Everything it fetches stays inside the
checkout: `.venv` holds the packages, `.venv-uv` holds uv, its cache and a browser. A second
start finds its stamp and installs nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-uv"
WIDGET = ROOT / "web" / "widget"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# What pip was told about this machine's network, by the name under which uv wants to hear it.
FROM_PIP = {
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
}


def main() -> int:
    tasks = {
        "setup": setup,
        "run": serve,
        "test": test,
        "check": check,
        "bench": bench,
        "chaos": chaos,
    }
    task, words = (sys.argv[1:2] or ["run"])[0], sys.argv[2:]
    if task not in tasks:
        return refuse(f"There is no task {task!r}; known are {', '.join(tasks)}.")
    os.chdir(ROOT)
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(TOOLS / "browsers"))
    os.environ.setdefault("npm_config_cache", str(TOOLS / "npm"))
    os.environ.setdefault("RUSTUP_HOME", str(TOOLS / "rustup"))  # pip asks rustc for its version
    # The packages are ours alone, and compiling them anew costs every start four seconds.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return tasks[task](words)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd[:4]))
        return refuse(f"`{command} …` ended with status {error.returncode}; its words are above.")


def setup(_words: list[str]) -> int:
    install("app")
    return 0


def serve(words: list[str]) -> int:
    install("app")
    os.environ.setdefault("CHATBOT_DEMO", "1")
    return become("chatbot", "serve", *words)


def test(words: list[str]) -> int:
    install("test")
    find_browser()
    told = any(word.startswith(("-n", "--numprocesses")) for word in words)
    workers = () if told else ("-n", "2")
    return become("pytest", *workers, f"--basetemp={ROOT / '.pytest_cache' / 'tmp'}", *words)


def bench(words: list[str]) -> int:
    install("test")
    return become("tests.load", *words)


def chaos(words: list[str]) -> int:
    install("test")
    return become("tests.chaos", *words)


def become(module: str, *words: str) -> int:
    """Turn into the program itself, so that it gets the signals and its status is ours."""
    os.execv(PYTHON, [str(PYTHON), "-m", module, *words])  # noqa: S606 - no shell is wanted


def refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


# --- packages ---------------------------------------------------------------------------------


def install(*groups: str) -> None:
    """
    Bring `.venv` to what `pyproject.toml` and `constraints.txt` say now, if it is not there.

    Args:
        groups: Dependency groups; `app` stands for the application alone.
    """
    stamp = VENV / f".stamp-{'-'.join(groups)}"
    wanted = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        wanted.update((ROOT / name).read_bytes())
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    began = time.monotonic()
    say("Installing packages into .venv (the first time takes a minute) …")
    uv, environment = find_uv(), for_uv()
    if not PYTHON.exists():
        version = sys.executable if sys.version_info >= OLDEST else f">={OLDEST[0]}.{OLDEST[1]}"
        run([uv, "venv", "--quiet", "--clear", "--python", version, VENV], env=environment)
    extra = [group for group in groups if group != "app"]
    wishes = [word for group in extra for word in ("--group", f"{ROOT / 'pyproject.toml'}:{group}")]
    constraints = ("--constraints", ROOT / "constraints.txt")
    run(
        [uv, "pip", "install", "--python", PYTHON, *constraints, "--editable", ROOT, *wishes],
        env=environment,
    )
    stamp.write_text(wanted.hexdigest())
    say(f"Set up in {time.monotonic() - began:.0f} s.")


def find_uv() -> Path | str:
    """The uv on PATH, or one of our own, made with whichever way to install this Python has."""
    found, own = shutil.which("uv"), TOOLS / "bin" / "uv"
    if found or own.exists():
        return found or own
    package = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "uv>=0.9,<1"]
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], check=False, capture_output=True).returncode == 0:
        run([*pip, "install", "--target", TOOLS, *package])
    else:
        run([sys.executable, "-m", "venv", TOOLS])
        run([TOOLS / "bin" / "python", "-m", "pip", "install", *package])
    return own


def for_uv() -> dict[str, str]:
    """The environment for uv: pip's settings, a cache of our own, and torch without CUDA."""
    environment = dict(os.environ)
    environment.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    environment.setdefault("UV_PYTHON_INSTALL_DIR", str(TOOLS / "python"))
    for key, name in FROM_PIP.items():
        value = environment.get(f"PIP_{key.upper().replace('-', '_')}") or from_pip(key)
        if value:
            environment.setdefault(name, ",".join(value.split()))
    links = environment.get("UV_FIND_LINKS", "").split(",")
    if sys.platform == "linux" and not any(any(Path(link).glob("torch-*")) for link in links):
        environment.setdefault("UV_TORCH_BACKEND", "cpu")  # 0.2 GB; the usual build brings 2.7
    return environment


def from_pip(key: str) -> str:
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{key}"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


# --- the browser ------------------------------------------------------------------------------


def find_browser() -> None:
    """One on this machine, else Playwright's, else Debian's; without any, pytest says so."""
    if any(map(shutil.which, (os.environ.get("CHROMIUM", ""), *BROWSERS))):
        return
    if any((TOOLS / "browsers").glob("chromium*/INSTALLATION_COMPLETE")):
        return
    say("Fetching a browser for the tests …")
    fetch = [str(PYTHON), "-m", "playwright", "install", "chromium"]
    if subprocess.run(fetch, check=False).returncode == 0:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install_it = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"]
        for command in (["apt-get", "update", "-q"], install_it):
            subprocess.run(command, check=False, env=quiet)


# --- the checks -------------------------------------------------------------------------------


def check(_words: list[str]) -> int:
    """Run every check, the widget's too, and say at the end which ones failed."""
    install("test", "check")
    os.environ["XDG_CACHE_HOME"] = str(TOOLS / "cache")  # biome would begin one in the home
    checks = [
        ("style", [VENV / "bin" / "ruff", "check"], ROOT),
        ("format", [VENV / "bin" / "ruff", "format", "--check"], ROOT),
        ("types", [VENV / "bin" / "pyrefly", "check"], ROOT),
        ("imports", [VENV / "bin" / "lint-imports"], ROOT),
        ("dependencies", [VENV / "bin" / "deptry", "."], ROOT),
        ("spelling", [VENV / "bin" / "codespell"], ROOT),
    ]
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        prepare_widget(npm)
        checks += [
            ("widget", [npm, "run", "check"], WIDGET),
            ("widget tests", [npm, "test"], WIDGET),
        ]
    elif os.environ.get("CI"):
        return refuse("The widget's checks need node and npm, and CI is set: install Node.js 20.")
    else:
        say("Without node and npm the widget's checks are left out.")
    failed = []
    for name, command, folder in checks:
        began = time.monotonic()
        done = subprocess.run(list(map(str, command)), check=False, cwd=folder)
        say(f"{name}: {'failed' if done.returncode else 'fine'}, {time.monotonic() - began:.1f} s")
        if done.returncode:
            failed.append(name)
    if failed:
        return refuse(f"Failed: {', '.join(failed)}.")
    return 0


def prepare_widget(npm: str) -> None:
    lock, stamp = WIDGET / "package-lock.json", WIDGET / "node_modules" / ".stamp"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        run([npm, "ci", "--no-audit", "--no-fund"], cwd=WIDGET)
        stamp.write_text(wanted)


def run(command: list[str | Path], *, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    subprocess.run(list(map(str, command)), check=True, env=env, cwd=cwd)


if __name__ == "__main__":
    sys.exit(main())
