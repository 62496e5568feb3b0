"""
Help-centre pages, Markdown or HTML, cut at their headings into answers.

Both go one way: Markdown becomes HTML, HTML is cleaned of all that is not text, and what is left
becomes Markdown again. So a page can bring no script and no address but that of a link.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import frontmatter
import nh3
import yaml
from frontmatter.default_handlers import YAMLHandler
from html_to_markdown import ConversionOptions, convert
from markdown_it import MarkdownIt

from chatbot.answers.files import LONGEST_TEXT, AnswerRow, BadRow
from chatbot.domain.answer import AnswerContent
from chatbot.errors import Malformed
from chatbot.safety.rendering import plain

Written = Literal["markdown", "html"]
LONGEST_TITLE = 200
LONGEST_KEY = 60  # characters of a key before its hash
DEEPEST = 5_000  # elements inside each other; a parser's time grows with the square of it

_BLOCKS = {
    *("p", "br", "hr", "div", "section", "article", "main", "blockquote", "pre", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th"),
    *("td", "caption", "a", "b", "strong", "i", "em", "code", "title"),
}
_DROPPED = {  # with everything in them
    *("script", "style", "nav", "form", "footer", "aside", "noscript", "template", "iframe"),
    *("object", "svg", "math", "button", "select", "textarea", "video", "audio", "canvas"),
}
_MARK = "\ue000"  # of a heading's line, between conversions; pages lose their own
_HEADING = re.compile(r"<h([1-3])(?: hidden=\"\")?>(.*?)</h\1>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_MAIN = re.compile(r"<main>(.*)</main>", re.DOTALL)
_MARKED = re.compile(rf"^{_MARK}([1-3]) ?(.*)$", re.MULTILINE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_LINK = re.compile(r"\]\(<?https?://([^/\s)>?#]+)")
_NEVER_CLOSED = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
        *("track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot"),
        *("option", "html", "head", "body"),
    )
)
_ASKS = re.compile(
    r"((how|what|when|where|why|who|whose|which)\b.* )?"
    r"(can|could|do|does|did|is|are|am|will|would|should|may|must|have) (i|we|you|my|there)\b.*",
    re.IGNORECASE,
)
_PLAIN_LINKS = ("http", "https", "mailto", "tel")
_as_markdown = ConversionOptions(extract_metadata=False, skip_images=True, compact_tables=True)
_as_html = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class Page:
    """
    A file of a help centre.

    Attributes:
        path: Inside its folder, with `/`; keys of its answers are made from it.
        address: Where customers find the page; links that are not absolute are read from there.
            Empty: such links lose their address.
    """

    path: str
    text: str
    written: Written
    address: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """
    Attributes:
        headings: Of the section and those it stands under, the page's own title first.
        text: Markdown.
    """

    headings: tuple[str, ...]
    text: str


def answers_of(page: Page, *, publish: bool) -> Iterator[AnswerRow | BadRow]:
    """Each section of *page* as a row; a draft, for it was not written as an answer."""
    try:
        about, sections = read_page(page)
        shared = _shared(about)
    except Malformed as problem:
        yield BadRow(0, str(problem), page.path)
        return
    seen: dict[tuple[str, ...], int] = {}
    for section in sections:
        seen[section.headings] = times = seen.get(section.headings, 0) + 1
        line = _line(page.text, section.headings[-1])
        if len(section.text) > LONGEST_TEXT:
            reason = (
                f"the section “{section.headings[-1][:60]}” has {len(section.text):,} characters; "
                f"at most {LONGEST_TEXT:,} are allowed."
            )
            yield BadRow(line, reason, page.path)
            continue
        title = _title(section.headings)
        phrasings = (title,) if asks(title) else ()
        content = replace(shared, title=title, text=section.text, phrasings=phrasings)
        state = "published" if publish else "draft"
        key = _key(page.path, section.headings, times)
        yield AnswerRow(line, key, state, content, page.path, guarded=True)
    if not seen:
        yield BadRow(0, "holds no text.", page.path)


def hosts_in(rows: Iterable[AnswerRow]) -> frozenset[str]:
    """Hosts that links in the replies lead to; customers see links only to those allowed."""
    return frozenset(host.lower() for row in rows for host in _LINK.findall(row.content.text))


def read_page(page: Page) -> tuple[Mapping[str, Any], list[Section]]:
    """
    What a page says of itself, and its sections that have a text, in their order.

    Raises:
        Malformed: Its front matter is not YAML, or its elements are nested too deeply.
    """
    about, html = {}, page.text.replace(_MARK, "").replace("\0", "")
    if page.written == "markdown":
        about, html = _opened(html)
        html = _as_html.render(html)
    _check_depth(html)
    html = nh3.clean(
        html,
        tags=_BLOCKS,
        clean_content_tags=_DROPPED,
        attributes={"*": {"hidden"}, "a": {"href"}, "ol": {"start"}},
        url_schemes=set(_PLAIN_LINKS),
        url_relative=lambda link: _absolute(link, page.address),
        link_rel=None,
    )
    titled = _TITLE.search(html)
    named = _said(about.get("title")) or (titled and plain(titled[1]).partition(" | ")[0]) or ""
    html = _TITLE.sub("", html)
    if page.written == "html":
        html = _without_frame(html)
    marked = _HEADING.sub(_marked, html)
    text = convert(marked, _as_markdown).content or ""
    return about, list(_sections(text, named.strip(), page.path))


def _without_frame(html: str) -> str:
    """What the page is about: its main part, from its first top heading on."""
    main = _MAIN.search(html)
    inside = main[1] if main else html
    start = inside.find("<h1>")
    return inside[max(start, 0) :]


def _marked(heading: re.Match[str]) -> str:
    return f"<p>{_MARK}{heading[1]} {' '.join(heading[2].split())}</p>"


def asks(title: str) -> bool:
    """Whether a title is worded as a question, so that customers may ask it in these words."""
    return title.endswith(("?", "？", "؟")) or bool(_ASKS.fullmatch(title))


def _sections(text: str, title: str, path: str) -> Iterator[Section]:
    """The marked *text* cut at its marks; the first top heading is the title of the page."""
    parts = _MARKED.split(text.strip())
    levels, headings, texts = parts[1::3], [_words(part) for part in parts[2::3]], parts[3::3]
    top = next((words for level, words in zip(levels, headings, strict=True) if level == "1"), "")
    own = top or title or path.rpartition("/")[2].rpartition(".")[0].replace("-", " ")
    above: dict[int, str] = {}
    found: list[tuple[tuple[str, ...], str]] = [((own,), parts[0])]
    for number, heading, below in zip(levels, headings, texts, strict=True):
        level = int(number)
        above = {at: words for at, words in above.items() if at < level}
        if heading and heading != own:
            above[level] = heading
        found.append(((own, *(above[at] for at in sorted(above))), below))
    for chain, below in found:
        if clean := below.replace(_MARK, "").strip():
            yield Section(chain, clean)


def _title(headings: tuple[str, ...]) -> str:
    """A question stands for itself; any other heading needs those that it stands under."""
    last = headings[-1]
    whole = last if asks(last) else " – ".join(headings)
    if len(whole) > LONGEST_TITLE and not asks(last):
        whole = last
    return whole if len(whole) <= LONGEST_TITLE else whole[: LONGEST_TITLE - 1] + "…"


def _key(path: str, headings: tuple[str, ...], times: int) -> str:
    """The same for the same place of the same file, whatever its text says."""
    place = "\n".join((path, *headings, str(times)))
    words = re.findall(r"[a-z0-9]+", f"{path.rpartition('.')[0]} {headings[-1]}".lower())
    slug = "-".join(words)[:LONGEST_KEY].strip("-") or "section"
    return f"{slug}-{hashlib.sha256(place.encode()).hexdigest()[:10]}"


class _FrontMatter(YAMLHandler):
    """YAML that says everything once: a few lines of references could stand for gigabytes."""

    def load(self, fm: str, **kwargs: object) -> Any:  # noqa: ANN401 whatever the YAML holds
        events = yaml.parse(fm, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if any(isinstance(event, yaml.AliasEvent) for event in events):
            raise yaml.YAMLError("it refers to parts of itself")
        return super().load(fm, **kwargs)


_front_matter = _FrontMatter()


def _opened(text: str) -> tuple[Mapping[str, Any], str]:
    text = text.strip()
    try:
        handler = _front_matter if _front_matter.detect(text) else None
        about, body = frontmatter.parse(text, handler=handler)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        first = str(problem).splitlines()[0]
        raise Malformed(f"the front matter is not YAML: {first}.") from problem
    return about if isinstance(about, dict) else {}, body


def _shared(about: Mapping[str, Any]) -> AnswerContent:
    """What the front matter says of every section."""
    tags = about.get("tags") or ()
    if isinstance(tags, str):
        tags = tags.split(",")
    if not isinstance(tags, list | tuple) or len(tags) > 50:  # noqa: PLR2004 - as of a row
        raise Malformed("tags in the front matter is not a list of at most 50 words.")
    words = dict.fromkeys(_said(tag)[:100] for tag in tags)
    locale = _said(about.get("locale")) or _said(about.get("lang")) or "en"
    return AnswerContent("", "", (), tags=tuple(filter(None, words)), locale=locale[:20])


def _said(value: object) -> str:
    """A word or a number of the front matter on one line; empty for anything that is neither."""
    if not isinstance(value, str | int | float | date):
        return ""
    try:
        words = str(value)
    except ValueError:  # a number of thousands of digits
        return ""
    return " ".join(words.encode("utf-8", "ignore").decode().replace("\0", "").split())


def _absolute(link: str, address: str) -> str | None:
    if not address:
        return None
    try:
        whole = urljoin(address, link)
        return whole if urlsplit(whole).scheme in _PLAIN_LINKS else None
    except ValueError:  # such as http://[
        return None


def _check_depth(html: str) -> None:
    depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _NEVER_CLOSED:
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > DEEPEST:
                raise Malformed(f"more than {DEEPEST:,} elements stand inside each other.")


def _words(heading: str) -> str:
    return plain(heading).rstrip("¶# ").strip()


def _line(text: str, heading: str) -> int:
    """Where *heading* stands in the file; 0 when its words are not on one line."""
    place = text.find(heading)
    return 0 if place < 0 else text.count("\n", 0, place) + 1
