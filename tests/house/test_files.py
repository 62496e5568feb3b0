"""Files are short, and named after what is in them."""

from tests.house.source import files, place

LONGEST = 300
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "lib", "shared"}


def test_no_file_is_longer_than_a_reader_can_hold_in_mind() -> None:
    lengths = {
        place(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files(".py", ".js", ".css", ".html")
    }
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_or_folder_is_a_drawer_for_anything() -> None:
    every = files(".py", ".js", ".css", ".html")
    named = {place(path): {*path.parent.parts, path.stem} & DRAWERS for path in every}
    assert [path for path, drawers in named.items() if drawers] == []
