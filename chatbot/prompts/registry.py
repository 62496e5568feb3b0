"""
Prompts are files: `files/<name>.md`, reviewed like code and versioned by what they say.

A file begins with front matter between two lines of `---`, one `field: value` a line:

    name               as the file is called
    feature            what its calls are booked under in the call log
    description        one sentence for the people who choose it
    max_output_tokens  the most a completion may have

The rest is the system prompt. `$bot` and `$company` in it are set by a workspace's owner; what
a customer, an answer or a rule says never gets in there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from chatbot.domain.ask import Prompt
from chatbot.errors import Misconfigured

FILES = Path(__file__).parent / "files"
_FIELDS = {"name", "feature", "description", "max_output_tokens"}


@dataclass(frozen=True, slots=True)
class PromptFile:
    """
    One prompt.

    Attributes:
        version: Hash of the file: two wordings never share one, two customers always do.
    """

    name: str
    feature: str
    description: str
    max_output_tokens: int
    version: str
    template: Template

    def render(self, **values: str) -> Prompt:
        """The prompt with its placeholders filled in."""
        return Prompt(self.name, self.version, self.template.substitute(values))


class Registry:
    """Every prompt of a folder, read once."""

    def __init__(self, folder: Path = FILES) -> None:
        """
        Raises:
            Misconfigured: A file has no valid front matter.
        """
        self._files = {path.stem: _read(path) for path in sorted(folder.glob("*.md"))}

    def __getitem__(self, name: str) -> PromptFile:
        """
        Raises:
            Misconfigured: There is no such prompt.
        """
        try:
            return self._files[name]
        except KeyError:
            known = ", ".join(self._files) or "none"
            raise Misconfigured(f"There is no prompt {name!r}; known: {known}.") from None


def _read(path: Path) -> PromptFile:
    source = path.read_text(encoding="utf-8")
    opening, _, rest = source.partition("---\n")
    matter, closing, text = rest.partition("\n---\n")
    if opening or not closing:
        raise Misconfigured(f"{path} does not begin with front matter between two lines of ---.")
    fields = _fields(path, matter)
    if fields["name"] != path.stem:
        raise Misconfigured(f"{path} calls itself {fields['name']!r}, expected {path.stem!r}.")
    most = fields["max_output_tokens"]
    if not most.isdecimal() or int(most) < 1:
        raise Misconfigured(f"{path} has max_output_tokens {most!r}, expected a positive number.")
    return PromptFile(
        name=fields["name"],
        feature=fields["feature"],
        description=fields["description"],
        max_output_tokens=int(most),
        version=hashlib.sha256(source.encode()).hexdigest()[:12],
        template=Template(text.strip()),
    )


def _fields(path: Path, matter: str) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in matter.splitlines() if line.strip())
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    if wrong := fields.keys() ^ _FIELDS:
        raise Misconfigured(
            f"The front matter of {path} must have exactly {', '.join(sorted(_FIELDS))}; "
            f"missing or unknown: {', '.join(sorted(wrong))}."
        )
    return fields
