"""
litellm's router as a second reference, run by an interpreter that has it.

It cannot live beside our client. `LITELLM_PYTHON=… python -m tests.load router` runs it; by itself:
`python tests/load/router.py BASE_URL MODEL HOW_MANY` prints one JSON document.
"""

import asyncio
import json
import resource
import sys
import time
from typing import Any

import litellm  # pyrefly: ignore[missing-import] in an interpreter of its own


async def one(router: Any) -> float:  # noqa: ANN401 a library that we cannot see from here
    """Seconds to the first word of one stream, read to its end."""
    began, first = time.perf_counter(), 0.0
    stream = await router.acompletion(
        model="bench", messages=[{"role": "user", "content": "Can I return a tent?"}], stream=True
    )
    async for chunk in stream:
        if not first and chunk.choices and chunk.choices[0].delta.content:
            first = time.perf_counter() - began
    return first


def router_to(base_url: str, model: str) -> Any:  # noqa: ANN401 likewise
    route = {"model": f"openai/{model}", "api_base": base_url, "api_key": "none"}
    return litellm.Router(model_list=[{"model_name": "bench", "litellm_params": route}])


async def main(base_url: str, model: str, many: int) -> None:
    litellm.telemetry = False
    await one(router_to(base_url, "at-once"))  # imports are nobody's answer
    router = router_to(base_url, model)
    before = resource.getrusage(resource.RUSAGE_SELF)
    firsts = list(await asyncio.gather(*(one(router) for _ in range(many))))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"first_s": sorted(firsts), "cpu_s": cpu / many}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
