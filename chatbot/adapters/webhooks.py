"""
Sends events to the company's own server, and never to anything nearer to us.

The address is an owner's to choose, so it may lead anywhere: a name is resolved here, each of its
addresses is looked at, and the connection goes to those and to no others.
"""

import asyncio
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from chatbot.domain.webhook import Outcome

WITHIN_S = 10.0
"""For everything: the name, the connection, the request and what is read of the answer."""

MOST_BYTES = 16 * 1024
QUOTED = 120
"""How much of an answer is read (bytes), and shown (characters)."""

_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Addresses that a network may translate to IPv4 ones, private ones among them."""

_GLOBAL = ip_network("2000::/3")
"""What of IPv6 is given to anybody; Python also calls addresses global that old networks keep."""

_Address = IPv4Address | IPv6Address
_Resolved = list[tuple[socket.AddressFamily, _Address]]


class HttpsCourier:
    """
    Satisfies `ports.Courier`.

    Args:
        private_targets: Take addresses of this machine and of private networks too, and `http`
            where an address is this machine's.
        within_s: For everything.
    """

    def __init__(self, *, private_targets: bool = False, within_s: float = WITHIN_S) -> None:
        self._private, self._within_s = private_targets, within_s

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """See `ports.Courier`."""
        try:
            async with asyncio.timeout(self._within_s):
                found = await _resolve(url)
                if refused := self._refusal(url, found):
                    return Outcome(None, refused)
                return await self._send(url, headers, body, found)
        except TimeoutError:
            return Outcome(None, f"There was no answer within {self._within_s:g} s.")
        except socket.gaierror:
            return Outcome(None, "The host's name is not known.")
        except aiohttp.ClientSSLError:
            return Outcome(None, "The server's certificate is not valid.")
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: no such URL
            return Outcome(None, f"The server could not be reached ({type(error).__name__}).")

    def _refusal(self, url: str, found: _Resolved) -> str:
        """Why nothing is sent there; empty when it may be."""
        scheme = urlsplit(url).scheme
        near = [str(address) for _, address in found if not _is_public(address)]
        if near and not self._private:
            return "The address is of a private network or of this machine: nothing was sent."
        local = all(_unmapped(address).is_loopback for _, address in found)
        if scheme != "https" and not (scheme == "http" and self._private and local):
            return "Only https is sent to: nothing was sent."
        return ""

    async def _send(
        self, url: str, headers: Mapping[str, str], body: bytes, found: _Resolved
    ) -> Outcome:
        connector = aiohttp.TCPConnector(resolver=_Checked(found), use_dns_cache=False)
        plain = {"Content-Type": "application/json", "User-Agent": "chatbot-webhooks/1"}
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # what is small on the line may be large behind it
                timeout=aiohttp.ClientTimeout(total=None),  # the one around this counts
            ) as session,
            session.post(
                url,
                data=body,
                headers={**plain, "Accept-Encoding": "identity", **headers},
                allow_redirects=False,
            ) as answer,
        ):
            return Outcome(answer.status, _quote(await _beginning(answer)))


class _Checked(AbstractResolver):
    """Knows the addresses that were looked at, and nothing else."""

    def __init__(self, found: _Resolved) -> None:
        self._found = found

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in self._found
            if family in {socket.AF_UNSPEC, kind}
        ]

    async def close(self) -> None:
        """It holds nothing."""


async def _resolve(url: str) -> _Resolved:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname or "", port, type=socket.SOCK_STREAM)
    return [(family, ip_address(address[0])) for family, _, _, _, address in found]


def _unmapped(address: _Address) -> _Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_public(address: _Address) -> bool:
    plain = _unmapped(address)
    if any(plain in network for network in _TRANSLATED if network.version == plain.version):
        return False
    given = plain.version == 4 or plain in _GLOBAL  # noqa: PLR2004
    return given and plain.is_global and not plain.is_multicast


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """As much of the answer as anybody could want to see; the rest stays unread."""
    pieces: list[bytes] = []
    missing = MOST_BYTES
    while missing and (piece := await answer.content.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _quote(content: bytes) -> str:
    words = " ".join(content.decode("utf-8", "replace").split())
    shown = "".join(letter for letter in words if letter.isprintable())
    return shown if len(shown) <= QUOTED else f"{shown[:QUOTED]}…"
