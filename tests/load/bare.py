"""
The reference: the `openai` client by itself, `create(stream=True)`, nothing around it.

`python -m tests.load.bare BASE_URL MODEL HOW_MANY [--in-turn]` prints one JSON document.
"""

import asyncio
import json
import resource
import sys
import time

from openai import AsyncOpenAI


async def one(client: AsyncOpenAI, model: str) -> float:
    """Seconds to the first word of one stream, read to its end."""
    began, first = time.perf_counter(), 0.0
    stream = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Can I return a tent?"}], stream=True
    )
    async for chunk in stream:
        if not first and chunk.choices and chunk.choices[0].delta.content:
            first = time.perf_counter() - began
    return first


async def main(base_url: str, model: str, many: int, *, in_turn: bool) -> None:
    client = AsyncOpenAI(api_key="none", base_url=base_url, max_retries=0, timeout=60)
    await one(client, "at-once")  # imports and the first connection are nobody's answer
    before = resource.getrusage(resource.RUSAGE_SELF)
    if in_turn:
        firsts = [await one(client, model) for _ in range(many)]
    else:
        firsts = list(await asyncio.gather(*(one(client, model) for _ in range(many))))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"first_s": sorted(firsts), "cpu_s": cpu / many}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), in_turn="--in-turn" in sys.argv))
