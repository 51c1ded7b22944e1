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

CLIENT_REQUESTS = frozenset({
    "chat.completions.create", "completions.create", "responses.create", "embeddings.create", "messages.create",
    "images.generate", "audio.transcriptions.create", "moderations.create", "models.generate_content",
    "get_object", "get_object_tagging", "head_object", "put_object", "invoke_model", "detect_labels", "detect_text",
})  # fmt: skip
"""Methods of clients that wait for a server's answer, by the end of their dotted name."""
SESSION_REQUESTS = frozenset(_HTTP_VERBS)
"""The same of sessions (`libraries.SESSIONS`)."""
