"""Every dependency that we name is pinned to a tested version inside the range that we promise."""

import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_dependency_is_pinned_inside_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"].values()
    named = [*project["project"]["dependencies"], *(name for group in groups for name in group)]
    tested = pins()
    astray = [
        f"{wish}: {tested.get(canonicalize_name(wish.name))}"
        for wish in map(Requirement, named)
        if not wish.specifier.contains(tested.get(canonicalize_name(wish.name), ""))
    ]
    assert astray == []
