"""The network that somebody comes from: to count them by, and to remember it without saying it."""

import hmac
import ipaddress
from uuid import UUID

_MARK = 16


def network_of(host: str) -> str:
    """
    The address to count somebody by.

    Whoever has one IPv6 address has all of its /64 network, however the address is written.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host  # a socket of the file system has no address
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)).network_address)


class Networks:
    """
    Knows a network again by a mark from which nobody without the key learns the address.

    Args:
        key: For this use only.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, workspace: UUID, address: str) -> str:
        """
        The same word for the same network, another one in each workspace.

        Returns:
            "" for an address that says nothing of who it is: one that is not of the public
            internet is that of a proxy in front of us, or of a network of the company's own.
        """
        try:
            public = ipaddress.ip_address(address).is_global
        except ValueError:
            public = False
        if not public:
            return ""
        said = f"{workspace}/{address}".encode()
        return hmac.digest(self._key, said, "sha256").hex()[:_MARK]
