"""Text as a terminal may show it, and numbers with their nouns."""

from __future__ import annotations


def visible(text: str) -> str:
    """`text` with control characters spelled out, so that nothing in a source can steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def visible_path(path: str) -> str:
    """A path to begin a line with: in the log of a CI service, one that begins with `::` or `##` would be a command."""
    return visible(f"./{path}" if path.lstrip().startswith((":", "#")) else path)


def visible_lines(text: str) -> str:
    """The same for a text of several lines, such as a diff."""
    return "".join(c if c in "\n\t" else visible(c) for c in text.replace("\r\n", "\n"))


def count(number: int, word: str, plural: str | None = None) -> str:
    """`1 file`, `1,200 files`, `2 fixes`: the plural is the word with an `s` unless it is given."""
    return f"{number:,} {word if number == 1 else plural or f'{word}s'}"
