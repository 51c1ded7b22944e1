"""The language server, through the client of pytest-lsp: what any editor does first."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="needs the extra `lsp`")
pytest_lsp = pytest.importorskip("pytest_lsp", reason="needs the extra `dev`")

from lsprotocol import types as lsp  # noqa: E402
from pytest_lsp import LanguageClient  # noqa: E402

from daft_lint.integrations.lsp.session import differences  # noqa: E402
from daft_lint.source.document import Document  # noqa: E402
from tests.helpers import environment  # noqa: E402
from tests.work import lines_run  # noqa: E402

TEXT = 'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n'
SERVER = pytest_lsp.ClientServerConfig(
    server_command=[sys.executable, "-m", "daft_lint", "server"], server_env=environment()
)


@pytest_lsp.fixture(config=SERVER)
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    registered: list[str] = []

    @lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params: lsp.RegistrationParams) -> None:
        registered.extend(registration.method for registration in params.registrations)

    await lsp_client.initialize_session(
        lsp.InitializeParams(capabilities=pytest_lsp.client_capabilities("visual-studio-code"))
    )
    yield
    assert registered == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_an_editor_gets_findings_and_their_fixes(client: LanguageClient, tmp_path: Path) -> None:
    uri = (tmp_path / "a.py").as_uri()
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "python", 1, TEXT)))
    await client.wait_for_notification("textDocument/publishDiagnostics")
    (found,) = client.diagnostics[uri]
    assert found.code == "DFT401"
    actions = await client.text_document_code_action_async(
        lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), found.range, lsp.CodeActionContext([found]))
    )
    assert any(action.edit is not None or action.data is not None for action in actions or ())


def repeating(count: int) -> tuple[Document, Document]:
    """A file of functions with the same lines, and what fixes make of it."""
    function = 'def f():\n    df = daft.read_parquet("s3://x")\n    df.where(df["a"])\n    return df\n\n\n'
    before = "import daft\n" + count * function
    return Document.from_text("a.py", before), Document.from_text("a.py", before.replace("    df.w", "    df = df.w"))


def test_fixes_for_a_file_of_lines_that_repeat_take_no_time() -> None:
    """A diff that tries every pair of equal lines takes minutes for these."""
    few, many = (lines_run(differences, *repeating(count)) for count in (50, 200))
    assert many < 4 * few * 1.5
    before, after = (document.raw.decode() for document in repeating(1000))
    edits = differences(*repeating(1000))
    raw = before.encode()
    for edit in reversed(edits):
        raw = raw[: edit.start] + edit.text.encode() + raw[edit.end :]
    assert raw == after.encode()
