"""Calls that wait for an answer and block the thread while they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_HTTP_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")


def _named(modules: str, names: tuple[str, ...]) -> Iterator[str]:
    return (f"{module}.{name}" for module in modules.split() for name in names)


REQUESTS = frozenset({
    *_named("requests requests.api httpx", _HTTP_VERBS), "urllib.request.urlopen", "urllib.request.urlretrieve",
    "urllib3.request", "wget.download", "gdown.download", "streamlink.streams", "torch.hub.download_url_to_file",
    "huggingface_hub.hf_hub_download", "huggingface_hub.snapshot_download",
})  # fmt: skip
"""Functions that wait for a server's answer, by qualified name."""

PROCESSES = frozenset({
    *_named("subprocess", ("run", "call", "check_call", "check_output", "getoutput")), "os.system", "os.popen",
})  # fmt: skip
"""Functions that wait for another program."""
BLOCKING = REQUESTS | PROCESSES | {"time.sleep"}
"""Functions that block the thread that calls them for as long as something else takes."""

CLIENT_REQUESTS = frozenset({
    "chat.completions.create", "completions.create", "responses.create", "embeddings.create", "messages.create",
    "images.generate", "audio.transcriptions.create", "moderations.create", "generate_content",
    "get_object", "get_object_tagging", "head_object", "put_object", "invoke_model", "detect_labels", "detect_text",
})  # fmt: skip
"""Methods of clients that wait for a server's answer, by the end of their dotted name."""
DOWNLOADERS: Mapping[str, frozenset[str]] = {
    "streamlink.Streamlink": frozenset({"streams"}), "streamlink.session.Streamlink": frozenset({"streams"}),
    "yt_dlp.YoutubeDL": frozenset({"extract_info", "download"}),
    "youtube_dl.YoutubeDL": frozenset({"extract_info", "download"}),
}  # fmt: skip
"""The methods that wait for a server's answer, by the qualified name of what makes their object."""
NETWORK_TOOLS = frozenset({"curl", "wget", "aria2c", "yt-dlp", "youtube-dl", "gallery-dl", "streamlink", "gsutil"})
"""Programs that do nothing but ask a server."""
SESSION_REQUESTS = frozenset(_HTTP_VERBS)
"""The same of sessions (`libraries.SESSIONS`)."""
