"""Calls that wait for an answer and block the thread while they do."""

from __future__ import annotations

from collections.abc import Iterator

_HTTP_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")


def _named(modules: str, names: tuple[str, ...]) -> Iterator[str]:
    return (f"{module}.{name}" for module in modules.split() for name in names)


REQUESTS = frozenset(
    {*_named("requests requests.api httpx", _HTTP_VERBS), "urllib.request.urlopen", "urllib.request.urlretrieve"}
)
"""Functions that wait for a server's answer, by qualified name."""

BLOCKING = REQUESTS | frozenset(
    {"time.sleep", *_named("subprocess", ("run", "call", "check_call", "check_output", "getoutput")), "os.system"}
)
"""Functions that block the thread that calls them for as long as something else takes."""
