"""
The one renderer of Markdown that a model, an agent or an admin wrote.

Whatever the text tries, the result holds no image, no script, no style and no address that a
browser would fetch by itself; a link survives only as https to a host the company allowed, and
any other one stays on the page as the characters it was written with.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_SPOKEN = (  # all that a reply may use; raw HTML, images, tables and references are not in it
    "paragraph",
    "heading",
    "list",
    "blockquote",
    "fence",
    "text",
    "newline",
    "escape",
    "entity",
    "backticks",
    "emphasis",
    "link",
    "autolink",
)
_TAGS = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "a"}
_ADDRESS = re.compile(r"https://([a-z0-9.-]+)(?::443)?(?:[/?#][!-\[\]-~]*)?", re.IGNORECASE)


def render(text: str, link_hosts: Iterable[str]) -> str:
    """
    HTML of *text*, safe to put into a page as it is.

    A heading becomes a bold line, for a reply stands below the headings of its page, and a
    single line break is kept.

    Args:
        text: The Markdown as it was written or streamed; half a reply is rendered as far as it is.
        link_hosts: Host names that links may lead to, each exactly as given.
    """
    hosts = frozenset(host.lower() for host in link_hosts)

    def kept(tag: str, attribute: str, value: str) -> str | None:
        is_link = (tag, attribute) == ("a", "href")
        return None if is_link and not _leads_to(value, hosts) else value

    return nh3.clean(
        _parser(hosts).render(text),
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        attribute_filter=kept,
        url_schemes={"https"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def plain(text: str) -> str:
    """The words of *text* on one line, without its Markdown; still to be escaped."""
    words: list[str] = []
    for block in _parser(None).parse(text):
        for token in (block, *(block.children or ())):
            if token.type in {"text", "code_inline", "fence"}:
                words.append(token.content)
            elif token.type in {"softbreak", "hardbreak", "paragraph_close", "heading_close"}:
                words.append(" ")
    return " ".join("".join(words).split())


def _leads_to(address: str, hosts: frozenset[str]) -> bool:
    found = _ADDRESS.fullmatch(address)
    return found is not None and found[1].lower() in hosts


@lru_cache(maxsize=64)
def _parser(hosts: frozenset[str] | None) -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable(_SPOKEN)
    # What this refuses is no link: its brackets and its address are shown as they are.
    parser.validateLink = lambda address: hosts is None or _leads_to(address, hosts)  # type: ignore[method-assign]
    parser.add_render_rule("heading_open", _bold_line)
    parser.add_render_rule("heading_close", _bold_line)
    return parser


def _bold_line(
    _renderer: RendererHTML,
    tokens: list[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return "<p><strong>" if tokens[index].nesting == 1 else "</strong></p>\n"
