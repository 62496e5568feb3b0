"""
How fast the fault server is, and what reading it costs: `python -m tests.load.floods`.

The server runs in a process of its own. A bare reader shows what it can send, our two adapters
what they can take.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.adapters.providers.openai_responses import OpenAIResponses
from chatbot.domain.ask import Completed, CompletionRequest, PromptMessage
from chatbot.ports import Provider

STREAMS, TOKENS = 20, 1_000
REQUEST = CompletionRequest((PromptMessage("user", "Hello?"),), (), 4_000, "load")


async def read_bare(base_url: str) -> None:
    """Read one stream to its end without looking at it."""
    parts = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**22)
    body = b'{"model":"flood"}'
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.close()


async def read_with(provider: Provider) -> None:
    async for item in provider.stream(REQUEST):
        if isinstance(item, Completed):
            assert item.text.count("word") == TOKENS


async def measure(name: str, read: Callable[[], Awaitable[None]]) -> None:
    await read()  # connections and imports are not what is measured
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(read() for _ in range(STREAMS)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    chunks = STREAMS * TOKENS
    print(f"{name:10} {chunks / wall:9,.0f} chunks/s  {1e6 * cpu / chunks:6.1f} µs CPU a chunk")


async def main() -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.provider", stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout
    try:
        base_url = (await server.stdout.readline()).decode().strip()
        await measure("bare", lambda: read_bare(base_url))
        for kind in (OpenAIChat, OpenAIResponses):
            provider = kind("local", "flood", None, base_url)
            await measure(kind.__name__, lambda provider=provider: read_with(provider))
            await provider.close()
    finally:
        server.terminate()
        await server.wait()


if __name__ == "__main__":
    asyncio.run(main())
