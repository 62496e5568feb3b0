"""Help-centre pages become answers: by their headings, with their links, never with a script."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from chatbot.answers.articles import DEEPEST, Page, Written, answers_of
from chatbot.answers.files import AnswerRow, BadRow, parted
from chatbot.answers.folders import Articles, read_articles, read_sent
from chatbot.errors import Malformed, TooLarge

MARKDOWN = """---
title: Shipping
tags: [post, parcels]
locale: de
---
We ship every day. See [returns](returns.md#how).

## How long does it take?
- two days
- abroad: [a week](https://example.com/abroad)

## Costs
| to | € |
|----|---|
| DE | 5 |

```
## not a heading
```
### Abroad
More.

## Nothing below
"""
HOSTILE = """<html><head><title>Returns | Acme</title><script>steal()</script></head>
<body onload="steal()"><nav>Home</nav><a href="/">logo</a>
<h1>Returns <a href="#returns">¶</a></h1>
<p>Send it <b>back</b>.<img src=x onerror=steal()><style>p{}</style></p>
<h2 onclick="steal()">How do I send it?</h2>
<p><a href="javascript:steal()">here</a> or <a href="../post.html">there</a></p>
<ul><li>one</li><li>two</li></ul><form><input value="typed"><button>Send</button></form>
<h2>&lt;script&gt;steal()&lt;/script&gt;</h2><p>&lt;img src=x onerror=steal()&gt;</p>
<p hidden>unseen</p><footer>© Acme</footer></body></html>"""


def good(text: str, written: Written = "markdown", **more: str) -> list[AnswerRow]:
    rows, bad = parted(answers_of(Page("help/ship.md", text, written, **more), publish=False))
    assert bad == []
    return rows


def packed(files: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    file.seek(0)
    return file


def test_a_page_is_cut_at_its_headings() -> None:
    rows = good(MARKDOWN, address="https://acme.example/help/ship.md")
    assert [(row.content.title, row.content.phrasings) for row in rows] == [
        ("Shipping", ()),
        ("How long does it take?", ("How long does it take?",)),
        ("Shipping – Costs", ()),
        ("Shipping – Costs – Abroad", ()),
    ]
    assert [row.line for row in rows] == [2, 8, 12, 20]
    assert {row.state for row in rows} == {"draft"}
    assert {(row.content.tags, row.content.locale) for row in rows} == {(("post", "parcels"), "de")}
    assert rows[0].content.text == (
        "We ship every day. See [returns](https://acme.example/help/returns.md#how)."
    )
    assert "[a week](https://example.com/abroad)" in rows[1].content.text
    assert "| DE | 5 |" in rows[2].content.text
    assert "## not a heading" in rows[2].content.text


def test_hostile_html_is_only_ever_text() -> None:
    rows = good(HOSTILE, "html", address="https://acme.example/help/returns.html")
    assert [(row.content.title, row.content.text) for row in rows] == [
        ("Returns", "Send it **back**."),
        (
            "How do I send it?",
            "here or [there](https://acme.example/post.html)\n\n- one\n- two",
        ),
        ("Returns – <script>steal()</script>", "<img src=x onerror=steal()>"),
    ]


@pytest.mark.parametrize("text", ["Plain words.", "😀 😀", "12345", "これは返品です。", "نص عربي"])
def test_a_page_without_a_heading_is_one_answer_named_after_its_file(text: str) -> None:
    (row,) = good(text)
    assert (row.content.title, row.content.text) == ("ship", text)


def test_keys_name_places_not_texts() -> None:
    before = [row.key for row in good(MARKDOWN)]
    after = [row.key for row in good(MARKDOWN.replace("two days", "three days"))]
    assert before == after
    assert len(set(before)) == len(before)
    twice = [row.key for row in good("# A\n## B\none\n## B\ntwo\n## 返品\nx")]
    assert len(set(twice)) == 3
    assert all(len(key) <= 80 and key.isascii() for key in twice)


def _grown(step: str) -> str:
    """Front matter of a few lines that stands for billions of entries."""
    lines = [
        f"a{level + 1}: &a{level + 1} {step.format(', '.join([f'*a{level}'] * 9))}"
        for level in range(30)
    ]
    return "\n".join(["---", "a0: &a0 {x: 1}", *lines, "title: *a30", "---", "text"])


@pytest.mark.parametrize(
    "value",
    ["0x" + "f" * 5_000, '"\\0"', "{a: b}", "[a, b]"],
    ids=["digits", "NUL", "table", "list"],
)
def test_what_is_no_word_names_nothing(value: str) -> None:
    (row,) = good(f"---\ntitle: {value}\nlocale: {value}\ntags: [{value}]\n---\ntext")
    said = row.content
    assert (said.title, said.tags, said.locale) == ("ship", (), "en")


def test_an_encoding_that_no_page_has_is_refused() -> None:
    body = b"<meta charset=punycode>a-" + b"a" * 1_900_000  # Python's codec would take minutes
    (bad,) = read_sent("a.html", io.BytesIO(body), Articles())
    assert "is not a text in UTF-8" in str(bad)


def test_what_a_page_cannot_be_is_said_with_its_place() -> None:
    pages = {
        "---\ntitle: [a\n---\ntext": "the front matter is not YAML",
        _grown("[{}]"): "it refers to parts of itself",
        _grown("{{<<: [{}]}}"): "it refers to parts of itself",
        "---\ntags: {a: b}\n---\ntext": "tags in the front matter is not a list",
        "# Only\n## Headings": "holds no text",
        f"intro\n\n## Long one\n{'x' * 20_001}": "line 3: the section “Long one” has 20,001",
        "<div>" * (DEEPEST + 1): "elements stand inside each other",
    }
    for text, reason in pages.items():
        *_, bad = answers_of(Page("a.md", text, "markdown"), publish=False)
        assert isinstance(bad, BadRow)
        assert str(bad).startswith("a.md")
        assert reason in str(bad)


def test_a_folder_is_read_in_order_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    files = {
        "b.md": b"B.",
        "a.html": b"<h1>A</h1>a",
        "sub/c.md": b"C.",
        ".git/x.md": b"hidden",
        "notes.pdf": b"%PDF",
        "latin.md": "Größe".encode("latin-1"),
        "wide.md": "Größe".encode("utf-16"),
        "old.html": b'<meta charset="iso-8859-1"><p>' + "Größe".encode("latin-1"),
        "zero.md": b"a\0b",
        "large.md": b"x" * 300_001,
    }
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "link.md").symlink_to("/etc/hostname")
    rows, bad = parted(read_articles(tmp_path, Articles(publish=True)))
    assert [(row.file, row.content.text, row.state) for row in rows] == [
        ("a.html", "a", "published"),
        ("b.md", "B.", "published"),
        ("old.html", "Größe", "published"),
        ("wide.md", "Größe", "published"),
        ("sub/c.md", "C.", "published"),
    ]
    assert [str(row) for row in bad] == [
        "large.md: is larger than 300 kB: cut it in parts.",
        "latin.md: is not a text in UTF-8: save it as UTF-8 and import it again.",
        "link.md: is a link and not a file: it is left out.",
        "zero.md: is not a text in UTF-8: save it as UTF-8 and import it again.",
    ]


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no Markdown and no HTML"):
        list(read_articles(tmp_path, Articles()))


def test_ten_thousand_files_are_read_and_more_than_the_bound_refused(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number:05}.md").write_bytes(b"## Q%d?\nA." % number)
    rows, bad = parted(read_articles(tmp_path, Articles()))
    assert (len(rows), bad) == (10_000, [])
    names = {f"{number}.md": b"" for number in range(20_001)}
    with pytest.raises(TooLarge, match="more than 20,000 files"):
        read_sent("many.zip", packed(names), Articles())


def test_an_archive_makes_the_same_answers_as_its_folder(tmp_path: Path) -> None:
    (tmp_path / "ship.md").write_text(MARKDOWN, encoding="utf-8")
    inside = packed({"help/ship.md": MARKDOWN.encode(), "__MACOSX/help/._ship.md": b"x"})
    assert list(read_sent("help.zip", inside, Articles())) == list(
        read_articles(tmp_path, Articles())
    )


def test_an_archive_that_would_leave_its_bounds_is_refused_whole() -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    bomb = packed({f"{number}.md": bytes(10_000_000) for number in range(3)})
    cut = io.BytesIO(packed({"a.md": b"text " * 1000}).getvalue()[:-30])
    for file, error, reason in (
        (packed({"../../up.md": b"x"}), Malformed, "outside itself"),
        (packed({"/etc/up.md": b"x"}), Malformed, "outside itself"),
        (linked, Malformed, "holds a link"),
        (bomb, TooLarge, "would unpack to 30,000,000 bytes"),
        (cut, Malformed, "archive is broken"),
        (io.BytesIO(b"no archive"), Malformed, "archive is broken"),
    ):
        with pytest.raises(error, match=reason):
            read_sent("x.zip", file, Articles())


def test_a_damaged_file_of_an_archive_is_named_and_the_others_are_read() -> None:
    body = bytearray(packed({"a.md": b"first words", "b.md": b"B."}).getvalue())
    body[36:40] = b"\xff\xff\xff\xff"
    rows, bad = parted(read_sent("x.zip", io.BytesIO(bytes(body)), Articles()))
    assert [row.file for row in rows] == ["b.md"]
    assert [str(row) for row in bad] == ["a.md: is damaged in the archive."]


def test_a_folder_larger_than_is_held_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.answers.folders.LARGEST_FOLDER", 1_000_000)
    for number in range(3):
        (tmp_path / f"{number}.html").write_bytes(b"<p>" + b"x" * 400_000)
    with pytest.raises(TooLarge, match="more than 1 MB"):
        list(read_articles(tmp_path, Articles()))


@pytest.mark.parametrize(
    ("heading", "phrasings"),
    [
        ("How do I close my account", 1),
        ("Can I pay by card", 1),
        ("Zahlung mit Karte?", 1),
        ("How it works", 0),
        ("What you pay", 0),
        ("Fees", 0),
    ],
)
def test_only_a_heading_that_asks_is_a_phrasing(heading: str, phrasings: int) -> None:
    (row,) = good(f"# Accounts\n## {heading}\ntext")
    assert row.content.phrasings == (heading,) * phrasings
    assert row.content.title == (heading if phrasings else f"Accounts – {heading}")
