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
_WRITTEN = re.compile(
    r"utf-?(8|16)([bl]e)?|(us-)?ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-|cp)(125\d|874|932|949)|"
    r"koi8-[ru]|gbk|gb2312|gb18030|big5(-hkscs)?|shift[_-]?jis|sjis|euc-(jp|kr)|iso-2022-jp|macintosh",
    re.IGNORECASE,
)
"""What pages are written in; of the others that Python knows some take a page's length squared."""

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
    except (UnicodeError, LookupError) as problem:  # LookupError: no encoding of texts
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
    name = found[1].decode("ascii") if found else "utf-8"
    if not _WRITTEN.fullmatch(name):
        raise LookupError(name)
    return name
