"""Folders, archives and single files of help-centre pages, within bounds."""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote, urljoin

from chatbot.answers.articles import Page, Written, answers_of
from chatbot.answers.encodings import decoded
from chatbot.answers.files import MOST_ROWS, AnswerRow, BadRow
from chatbot.errors import Malformed, TooLarge

MOST_FILES = 20_000
LARGEST_FILE = 2_000_000  # bytes of a page
_LARGEST = {"html": LARGEST_FILE, "markdown": 300_000}  # brackets take Markdown's parser long
LARGEST_FOLDER = 200_000_000  # bytes of all pages
MOST_PACKED = 200  # times that an archive may be larger than its file
_WRITTEN: dict[str, Written] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}


@dataclass(frozen=True, slots=True)
class Articles:
    """
    How pages become answers.

    Attributes:
        address: Where customers find the folder; relative links are read from there.
        publish: Give customers the sections at once; otherwise they are drafts.

    Raises:
        Malformed: The address is none of a page.
    """

    address: str = ""
    publish: bool = False

    def __post_init__(self) -> None:
        if self.address and not self.address.startswith(("https://", "http://")):
            raise Malformed(f"The address {self.address[:80]!r} does not begin with https://.")


def holds_pages(name: str, *, folder: bool = False) -> bool:
    """Whether a file of this name is read as pages and not as rows."""
    return folder or PurePosixPath(name.lower()).suffix in {".zip", *_WRITTEN}


def read_articles(path: Path, how: Articles) -> Iterator[AnswerRow | BadRow]:
    """
    The sections of a folder, an archive or one page, file by file in the order of their names.

    Raises:
        Malformed: The archive is broken, or names a place outside itself.
        TooLarge: There is more of it than is read.
    """
    if path.is_dir():
        return _limited(_folder(path), how)
    try:
        with path.open("rb") as file:
            return read_sent(path.name, file, how)
    except OSError as problem:
        raise Malformed(f"{path} cannot be read: {problem.strerror}.") from problem


def read_sent(name: str, file: BinaryIO, how: Articles) -> Iterator[AnswerRow | BadRow]:
    """The same of an archive or a page that was opened; *name* tells which. Raises the same."""
    if name.lower().endswith(".zip"):
        return iter([*_limited(_archive(PurePosixPath(name).stem, file), how)])
    return iter([*_limited(iter([(name, file.read(LARGEST_FILE + 1))]), how)])


def _limited(
    files: Iterator[tuple[str, bytes | str]], how: Articles
) -> Iterator[AnswerRow | BadRow]:
    """Each file's rows; a text instead of its bytes says why it cannot be read."""
    rows = held = many = 0
    for many, (path, body) in enumerate(files, 1):
        if many > MOST_FILES:
            raise TooLarge(f"There are more than {MOST_FILES:,} files: import them in parts.")
        held += len(body)
        if held > LARGEST_FOLDER:
            raise TooLarge(
                f"The files hold more than {LARGEST_FOLDER // 1_000_000} MB: import them in parts."
            )
        for row in _rows(path, body, how):
            rows += 1
            if rows > MOST_ROWS:
                raise TooLarge(f"There are more than {MOST_ROWS:,} sections: import them in parts.")
            yield row
    if not many:
        raise Malformed("There is no Markdown and no HTML file in it.")


def _rows(path: str, body: bytes | str, how: Articles) -> Iterator[AnswerRow | BadRow]:
    written = _WRITTEN[PurePosixPath(path.lower()).suffix]
    if isinstance(body, bytes) and len(body) > _LARGEST[written]:
        body = f"is larger than {_LARGEST[written] // 1000:,} kB: cut it in parts."
    if isinstance(body, str):
        yield BadRow(0, body, path)
        return
    try:
        text = decoded(body, declared=written == "html")
    except Malformed as problem:
        yield BadRow(0, str(problem), path)
        return
    place = urljoin(how.address, quote(path)) if how.address else ""
    yield from answers_of(Page(path, text, written, place), publish=how.publish)


def _folder(root: Path) -> Iterator[tuple[str, bytes | str]]:
    for folder, below, names in os.walk(root, onerror=_refuse):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() in _WRITTEN:
                yield path.relative_to(root).as_posix(), _contents(path)


def _refuse(problem: OSError) -> None:
    raise Malformed(f"{problem.filename} cannot be read: {problem.strerror}.") from problem


def _contents(path: Path) -> bytes | str:
    try:
        kind = path.lstat().st_mode
        if not stat.S_ISREG(kind):
            return "is a link and not a file: it is left out."
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as problem:
        return f"cannot be read: {problem.strerror}."


def _archive(stem: str, file: BinaryIO) -> Iterator[tuple[str, bytes | str]]:
    """A folder that is named as the archive is the archive's root, as tools make them."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _checked(archive)
            for entry in entries:
                inside = entry.filename.removeprefix(f"{stem}/")
                yield inside, _unpacked(archive, entry)
    except (zipfile.BadZipFile, UnicodeError, EOFError, ValueError) as problem:
        raise Malformed(f"The archive is broken: {problem}.") from problem


def _checked(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """
    The pages of an archive, if all of it may be opened.

    What an entry says of its size holds: no more than that is ever unpacked of it.
    """
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise TooLarge(f"The archive has more than {MOST_FILES:,} files: import it in parts.")
    unpacked, packed = (sum(sizes) for sizes in _sizes(entries))
    if unpacked > LARGEST_FOLDER or unpacked > MOST_PACKED * packed + LARGEST_FILE:
        raise TooLarge(f"The archive would unpack to {unpacked:,} bytes, which is too much.")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
            raise Malformed(f"The archive names a place outside itself: {entry.filename[:80]!r}.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Malformed(f"The archive holds a link, {entry.filename[:80]!r}: pack the file.")
    pages = [entry for entry in entries if _is_page(PurePosixPath(entry.filename))]
    return sorted(pages, key=lambda entry: entry.filename)


def _sizes(entries: list[zipfile.ZipInfo]) -> tuple[list[int], list[int]]:
    return [one.file_size for one in entries], [one.compress_size for one in entries]


def _is_page(path: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in _WRITTEN and not hidden


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    try:
        with archive.open(entry) as file:
            return file.read(LARGEST_FILE + 1)
    except RuntimeError:  # how zipfile says these two
        return "is encrypted, or packed in an unknown way."
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error):
        return "is damaged in the archive."
