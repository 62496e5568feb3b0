"""Text out of bytes: what a file says of itself, else UTF-8; never a guess."""

import codecs
import re

from chatbot.errors import Malformed

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([a-zA-Z0-9_-]{1,40})", re.IGNORECASE)
_HEAD = 4096  # bytes that are looked at


def decoded(body: bytes, *, declared: bool = False) -> str:
    """
    The text of a whole file.

    Args:
        declared: Believe what an HTML page says of its own encoding.

    Raises:
        Malformed: It is not written in the encoding that it should be in.
    """
    try:
        text = body.decode(_encoding(body[:_HEAD], declared=declared))
    except (UnicodeError, LookupError) as problem:  # LookupError: a codec that makes no text
        raise Malformed(
            "is not a text in UTF-8: save it as UTF-8 and import it again."
        ) from problem
    if "\0" in text[:_HEAD]:
        raise Malformed("is not a text in UTF-8: save it as UTF-8 and import it again.")
    return text


def _encoding(head: bytes, *, declared: bool) -> str:
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    found = _DECLARED.search(head) if declared else None
    return found[1].decode("ascii") if found else "utf-8"
