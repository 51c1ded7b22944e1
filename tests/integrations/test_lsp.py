"""The language server, through a real client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from daft_lint.integrations.lsp.texts import Text
from tests.helpers import RULE, environment, install

pytest.importorskip("pygls")

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

DISCARDED = 'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n'
HEAVY = """import daft
from daft import col

ROWS = 100


@daft.func
def size(image: bytes) -> int:
    return len(image)


df = daft.read_parquet("s3://b/one.parquet")
df = df.with_column("image", daft.functions.download(col("url")))
df = df.with_column("size", size(col("image")))
df.write_parquet("s3://b/out")  # {code}
"""


def partial(start: tuple[int, int], end: tuple[int, int], text: str) -> lsp.TextDocumentContentChangePartial:
    return lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(*start), lsp.Position(*end)), text)


class Client(LanguageClient):
    """Keeps what the server publishes."""

    def __init__(self, root: Path) -> None:
        super().__init__("tests", "1")
        self.root = root
        self.published: dict[str, list[lsp.PublishDiagnosticsParams]] = {}
        self.messages: list[str] = []
        self.news = asyncio.Event()

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def diagnostics(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.setdefault(params.uri, []).append(params)
            self.news.set()

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)
        def message(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self.news.set()

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def open(self, name: str, text: str) -> str:
        item = lsp.TextDocumentItem(self.uri(name), "python", 1, text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return item.uri

    def change(self, uri: str, version: int, text: str) -> None:
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        which = lsp.VersionedTextDocumentIdentifier(version, uri)
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(which, [change]))

    def type(self, uri: str, version: int, *changes: tuple[tuple[int, int], tuple[int, int], str]) -> None:
        """Change ranges, as editors do."""
        which = lsp.VersionedTextDocumentIdentifier(version, uri)
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(which, [partial(*change) for change in changes]))

    async def diagnostics(self, uri: str, version: int | None = 1) -> list[lsp.Diagnostic]:
        """What was published last of a version, as soon as it is."""
        while not (self.published.get(uri) and self.published[uri][-1].version == version):
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 30)
        return list(self.published[uri][-1].diagnostics)

    async def actions(self, uri: str, at: lsp.Range, *kinds: str) -> list[lsp.CodeAction]:
        context = lsp.CodeActionContext([], only=list(kinds) or None)
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), at, context)
        found = await self.text_document_code_action_async(params)
        return [action for action in found or [] if isinstance(action, lsp.CodeAction)]

    async def hover(self, uri: str, line: int, character: int) -> str:
        where = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), lsp.Position(line, character))
        found = await self.text_document_hover_async(where)
        return found.contents.value if found is not None and isinstance(found.contents, lsp.MarkupContent) else ""


@asynccontextmanager
async def editor(root: Path, *arguments: str, encodings: list[str] | None = None) -> AsyncIterator[Client]:
    client = Client(root)
    command = ["-m", "daft_lint", "server", "--stdio", *arguments]
    await client.start_io(sys.executable, *command, env=environment(root / "site"), cwd=str(root.parent))
    general = lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind(e) for e in encodings or []])
    resolve = lsp.ClientCodeActionResolveOptions(properties=["edit"])
    capabilities = lsp.ClientCapabilities(
        general=general if encodings else None,
        text_document=lsp.TextDocumentClientCapabilities(
            code_action=lsp.CodeActionClientCapabilities(resolve_support=resolve)
        ),
        workspace=lsp.WorkspaceClientCapabilities(workspace_edit=lsp.WorkspaceEditClientCapabilities(True)),
    )
    folders = [lsp.WorkspaceFolder(root.as_uri(), "root")]
    await client.initialize_async(lsp.InitializeParams(capabilities, workspace_folders=folders))
    client.initialized(lsp.InitializedParams())
    try:
        yield client
    finally:
        await asyncio.wait_for(client.shutdown_async(None), 30)
        client.exit(None)
        await client.stop()


def session(root: Path, work: Callable[[Client], Awaitable[None]], *arguments: str, **options: list[str]) -> None:
    async def run() -> None:
        async with editor(root, *arguments, **options) as client:
            await work(client)

    asyncio.run(run())


def applied(text: str, edits: object, encoding: str = "utf-16") -> str:
    """The text with edits applied, as an editor does it."""
    assert isinstance(edits, list)
    known = Text(text, encoding)
    offsets = [
        (
            known.offset((e.range.start.line, e.range.start.character)),
            known.offset((e.range.end.line, e.range.end.character)),
            e,
        )
        for e in edits
    ]
    for start, end, edit in sorted(offsets, key=lambda one: one[:2], reverse=True):
        text = text[:start] + edit.new_text + text[end:]
    return text


def edits_of(action: lsp.CodeAction, uri: str) -> list[lsp.TextEdit]:
    assert action.edit is not None
    changes = action.edit.document_changes or []
    found = [one for one in changes if isinstance(one, lsp.TextDocumentEdit) and one.text_document.uri == uri]
    assert len(found) == 1
    return [edit for edit in found[0].edits if isinstance(edit, lsp.TextEdit)]


def everywhere(text: str) -> lsp.Range:
    return lsp.Range(lsp.Position(0, 0), lsp.Position(text.count("\n") + 1, 0))


def test_findings_follow_what_is_typed(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        uri = client.open("a.py", DISCARDED)
        (found,) = await client.diagnostics(uri)
        assert (found.code, found.severity, found.source) == ("DFT401", lsp.DiagnosticSeverity.Error, "daft-lint")
        assert (found.range.start.line, found.range.start.character) == (3, 3)
        for version in range(2, 8):
            client.change(uri, version, DISCARDED + "#" * version)
        client.change(uri, 8, DISCARDED.replace("df.rep", "df = df.rep"))
        assert await client.diagnostics(uri, 8) == []
        versions = [published.version for published in client.published[uri]]
        assert versions == [1, 8], "typing is not waited for"
        client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        assert await client.diagnostics(uri, None) == []

    session(tmp_path, work)


@pytest.mark.parametrize("encodings", [[], ["utf-8"], ["utf-32"]])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_typed_comes_in_ranges(tmp_path: Path, encodings: list[str], newline: str) -> None:
    wide = {"utf-16": 2, "utf-8": 4, "utf-32": 1}[encodings[0] if encodings else "utf-16"]
    line = 's = "\f\U0001f600"; df.repartition(8)'
    text = f'import daft\f{newline}df = daft.read_parquet("s3://b/*.parquet"){newline}{line}{newline}df.show(){newline}'
    behind = 6 + wide + 3  # where `df.repartition` begins

    async def work(client: Client) -> None:
        uri = client.open("a.py", text)
        (found,) = await client.diagnostics(uri)
        assert (found.range.start.line, found.range.start.character) == (2, behind + 3)
        client.type(uri, 2, ((2, behind), (2, behind), "df = "))
        assert await client.diagnostics(uri, 2) == []
        client.type(uri, 3, ((2, behind), (2, behind + 5), ""), ((0, 0), (0, 0), f"# \U0001f600{newline}"))
        (found,) = await client.diagnostics(uri, 3)
        assert (found.range.start.line, found.range.start.character) == (3, behind + 3)
        client.type(uri, 4, ((5, 0), (5, 0), "df.repartition(9"))
        assert [d.code for d in await client.diagnostics(uri, 4)] == ["DFT001"]
        client.type(uri, 5, ((5, 16), (5, 16), ")"))
        assert [d.range.start.line for d in await client.diagnostics(uri, 5)] == [3, 5]

    session(tmp_path, work, encodings=encodings)


def test_what_the_fix_of_another_ends_is_not_shown_while_typing(tmp_path: Path) -> None:
    """Findings are shown before their fixes are tried; what a trial left out the last time does not come and go."""
    step = """def run_{n}(path: str) -> None:
    df = daft.read_parquet(path).where(daft.col("width") > {n})
    df = df.with_column("image", decode_image(download(daft.col("url"))))
    df.with_column("score", score(df["image"])).write_parquet("out{n}")


"""
    text = """import daft
from daft.functions import decode_image, download


@daft.func.batch(return_dtype=daft.DataType.float32())
def score(images):
    return [image.mean() for image in images.to_pylist()]


""" + step.format(n=1)

    async def work(client: Client) -> None:
        uri = client.open("a.py", text)
        await client.diagnostics(uri)
        actions = await client.actions(uri, everywhere(text))
        settled = client.published[uri][-1]
        assert len(settled.diagnostics) < len(client.published[uri][0].diagnostics), "nothing was left out"
        client.change(uri, 2, text + "# x\n")
        shown = await client.diagnostics(uri, 2)
        assert [(d.code, d.message) for d in shown] == [(d.code, d.message) for d in settled.diagnostics]
        again = await client.actions(uri, everywhere(text))
        assert [action.title for action in again] == [action.title for action in actions]

    session(tmp_path, work)


def test_a_text_that_does_not_parse_has_a_finding_and_ends_nothing(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        uri = client.open("a.py", "import daft\ndaft.func(\n")
        assert [d.code for d in await client.diagnostics(uri)] == ["DFT001"]
        client.change(uri, 2, DISCARDED)
        assert [d.code for d in await client.diagnostics(uri, 2)] == ["DFT401"]

    session(tmp_path, work)


@pytest.mark.parametrize("encodings", [[], ["utf-8"], ["utf-32"]])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_columns_count_in_the_units_that_were_agreed_on(tmp_path: Path, encodings: list[str], newline: str) -> None:
    line = 's = "\U0001f600\u00e9\u2028"; df.repartition(8)  # \U0001f600'
    text = f'import daft\f{newline}df = daft.read_parquet("s3://b/*.parquet"){newline}{line}{newline}df.show(){newline}'
    start = {"utf-16": 15, "utf-8": 20, "utf-32": 14}[encodings[0] if encodings else "utf-16"]

    async def work(client: Client) -> None:
        uri = client.open("a.py", text)
        (found,) = await client.diagnostics(uri)
        assert found.code == "DFT401"
        assert (found.range.start.line, found.range.start.character) == (2, start)
        (fix,) = await client.actions(uri, found.range, "quickfix")
        fixed = applied(text, edits_of(fix, uri), encodings[0] if encodings else "utf-16")
        assert fixed == text.replace("df.repartition", "df = df.repartition")

    session(tmp_path, work, encodings=encodings)


def test_quick_fixes_and_fix_all(tmp_path: Path) -> None:
    option = "(max_concurrency=4)"
    one, two = (f"@daft.func{option}\ndef {name}(x: int) -> int:\n    return x\n" for name in ("f", "g"))
    text = f"import daft\n\n\n{one}\n\n{two}"

    async def work(client: Client) -> None:
        uri = client.open("a.py", text)
        found = await client.diagnostics(uri)
        assert [d.code for d in found] == ["DFT302", "DFT302"]
        actions = await client.actions(uri, found[1].range)
        assert [a.kind for a in actions] == ["quickfix", "source.fixAll.daft-lint"]
        assert actions[0].title.startswith("DFT302: ")
        assert actions[0].is_preferred
        assert list(actions[0].diagnostics or []) == [found[1]]
        assert applied(text, edits_of(actions[0], uri)) == text.replace(two, two.replace("max_concurrency=4", ""))
        assert actions[1].edit is None, "worked out only when it is chosen"
        chosen = await client.code_action_resolve_async(actions[1])
        want = text.replace("max_concurrency=4", "")
        assert applied(text, edits_of(chosen, uri)) == want
        client.change(uri, 2, "\n" + text)
        stale = await client.actions(uri, everywhere(text), "source.fixAll")
        chosen = await client.code_action_resolve_async(stale[0])
        assert applied("\n" + text, edits_of(chosen, uri)) == "\n" + want

    session(tmp_path, work)


def test_unsafe_fixes_say_so_and_are_no_part_of_fix_all(tmp_path: Path) -> None:
    text = HEAVY.replace('df.write_parquet("s3://b/out")', "df.to_pandas()")

    async def work(client: Client) -> None:
        uri = client.open("a.py", text)
        found = await client.diagnostics(uri)
        assert "DFT101" in [d.code for d in found], found
        actions = await client.actions(uri, everywhere(text))
        unsafe = [a for a in actions if a.kind == "quickfix" and not a.is_preferred]
        assert unsafe
        assert all("(unsafe: " in action.title for action in unsafe)
        whole = [a for a in actions if a.kind == "source.daft-lint.fixAllUnsafe"]
        assert len(whole) == 1
        assert [a for a in await client.actions(uri, everywhere(text), "source.fixAll") if "nsafe" in a.title] == []
        chosen = await client.code_action_resolve_async(whole[0])
        assert "into_batches" in applied(text, edits_of(chosen, uri))

    session(tmp_path, work)


def test_what_a_buffer_imports_is_read_from_the_buffers(tmp_path: Path) -> None:
    script = 'import daft\nfrom helpers import decode\n\ndf = daft.read_parquet("s3://b/one.parquet")\n'
    script += 'df = df.with_column("x", decode(df["url"]))\ndf.write_parquet("s3://b/out")\n'
    helper = "import daft\n\n\n@daft.func\ndef decode(x: {}) -> int:\n    return len(x)\n"
    (tmp_path / "helpers.py").write_text(helper.format("str"), encoding="utf-8")

    async def work(client: Client) -> None:
        uri = client.open("a.py", script)
        before = await client.diagnostics(uri)
        client.open("helpers.py", helper.format("bytes"))
        client.change(uri, 2, script + "\n")
        after = await client.diagnostics(uri, 2)
        assert ["DFT101" in [d.code for d in found] for found in (before, after)] == [False, True]
        related = [r.location.uri for d in after for r in d.related_information or []]
        assert client.uri("helpers.py") in related

    session(tmp_path, work)


def test_a_finding_leads_to_the_page_of_its_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFT_LINT_SITE", "https://docs.example.org/")

    async def work(client: Client) -> None:
        (found,) = await client.diagnostics(client.open("a.py", DISCARDED))
        assert found.code_description == lsp.CodeDescription("https://docs.example.org/rules/DFT401/")

    session(tmp_path, work)


def test_hover_shows_a_rule_and_a_pipeline(tmp_path: Path) -> None:
    text = HEAVY.format(code="noqa: DFT101")

    async def work(client: Client) -> None:
        uri = client.open("a.py", text)
        await client.diagnostics(uri)
        rows = text.split("\n")
        code = await client.hover(uri, len(rows) - 2, rows[-2].index("DFT101") + 2)
        assert code.startswith("**DFT002 unused-suppression** (advice)"), "the whole message of a finding"
        assert "A later finding would go unnoticed" in code
        assert "# DFT101 heavy-udf-without-batches" in code
        first = await client.hover(uri, 11, 1)
        assert "after `read_parquet`" in first
        assert "no column is known to be heavy" in first
        left, right = await client.hover(uri, 12, 0), await client.hover(uri, 12, 6)
        assert right == first, "the DataFrame that the call starts from"
        assert "carries `image`, heavy" in left
        assert "heavy: image (proof: " in left
        assert "partitions 1" in left
        last = await client.hover(uri, 14, 1)
        assert "after `with_column`" in last
        assert "at most 128 rows a call" in last
        assert "udf: size [daft.func, heavy] takes image" in last
        assert await client.hover(uri, 3, 1) == ""
        assert await client.hover(uri, 1, 99) == ""

    session(tmp_path, work)


def test_a_notebook_is_one_script(tmp_path: Path) -> None:
    cells = ["import daft\n", 'df = daft.read_parquet("s3://b/*.parquet")\n', "%time 1\ndf.repartition(8)\n1"]

    async def work(client: Client) -> None:
        uris = [f"vscode-notebook-cell:/x/n.ipynb#{number}" for number in range(len(cells))]
        texts = [lsp.TextDocumentItem(u, "python", 1, t) for u, t in zip(uris, cells, strict=True)]
        notebook = lsp.NotebookDocument(
            client.uri("n.ipynb"),
            "jupyter-notebook",
            1,
            [lsp.NotebookCell(lsp.NotebookCellKind.Code, uri) for uri in uris],
        )
        client.notebook_document_did_open(lsp.DidOpenNotebookDocumentParams(notebook, texts))
        (found,) = await client.diagnostics(uris[2])
        assert (found.code, found.range.start) == ("DFT401", lsp.Position(1, 3))
        assert await client.diagnostics(uris[0]) == []
        quick, whole = await client.actions(uris[2], found.range)
        for action in (quick, await client.code_action_resolve_async(whole)):
            assert applied(cells[2], edits_of(action, uris[2])) == "%time 1\ndf = df.repartition(8)\n1"
        assert "after `read_parquet`" in await client.hover(uris[2], 1, 0)
        change = lsp.NotebookDocumentCellContentChanges(
            lsp.VersionedTextDocumentIdentifier(2, uris[2]), [lsp.TextDocumentContentChangeWholeDocument("df.show()")]
        )
        client.notebook_document_did_change(
            lsp.DidChangeNotebookDocumentParams(
                lsp.VersionedNotebookDocumentIdentifier(2, notebook.uri),
                lsp.NotebookDocumentChangeEvent(cells=lsp.NotebookDocumentCellChanges(text_content=[change])),
            )
        )
        assert await client.diagnostics(uris[2], 2) == []
        # VS Code sends what is typed in a cell as ranges, whatever was agreed on for files.
        typed = lsp.NotebookDocumentCellContentChanges(
            lsp.VersionedTextDocumentIdentifier(3, uris[2]),
            [partial((0, 3), (0, 9), "\U0001f600"), partial((0, 3), (0, 5), "repartition(8)\n1")],
        )
        client.notebook_document_did_change(
            lsp.DidChangeNotebookDocumentParams(
                lsp.VersionedNotebookDocumentIdentifier(3, notebook.uri),
                lsp.NotebookDocumentChangeEvent(cells=lsp.NotebookDocumentCellChanges(text_content=[typed])),
            )
        )
        (found,) = await client.diagnostics(uris[2], 3)
        assert (found.code, found.range.start, found.range.end) == ("DFT401", lsp.Position(0, 3), lsp.Position(0, 14))
        added = lsp.NotebookDocumentCellChangeStructure(
            lsp.NotebookCellArrayChange(0, 0, [lsp.NotebookCell(lsp.NotebookCellKind.Code, f"{uris[0]}0")]),
            did_open=[lsp.TextDocumentItem(f"{uris[0]}0", "python", 1, "x = (\n")],
        )
        client.notebook_document_did_change(
            lsp.DidChangeNotebookDocumentParams(
                lsp.VersionedNotebookDocumentIdentifier(4, notebook.uri),
                lsp.NotebookDocumentChangeEvent(cells=lsp.NotebookDocumentCellChanges(structure=added)),
            )
        )
        assert await client.diagnostics(f"{uris[0]}0", 1) == [], "a draft is left out, and the other cells are not"
        assert [d.code for d in await client.diagnostics(uris[2], 3)] == ["DFT401"]

    session(tmp_path, work)


def test_the_configuration_counts_and_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text('ignore = ["DFT4"]\n', encoding="utf-8")

    async def work(client: Client) -> None:
        uri = client.open("a.py", DISCARDED)
        assert await client.diagnostics(uri) == []
        (tmp_path / "daft-lint.toml").write_text('igno = ["DFT4"]\n', encoding="utf-8")
        client.change(uri, 2, DISCARDED)
        assert [d.code for d in await client.diagnostics(uri, 2)] == ["DFT401"]
        assert ["unknown key igno" in message for message in client.messages] == [True]
        (tmp_path / "a.py").write_text(DISCARDED, encoding="utf-8")
        (tmp_path / "daft-lint.toml").write_text('exclude = ["a.py"]\n', encoding="utf-8")
        client.change(uri, 3, DISCARDED)
        assert await client.diagnostics(uri, 3) == []

    session(tmp_path, work)


@pytest.mark.parametrize("arguments", [(), ("--no-plugins",)])
def test_plugins_run_where_they_are_named_unless_they_must_not(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    install(tmp_path / "site", "mine", RULE)
    (tmp_path / "daft-lint.toml").write_text('plugins = ["mine"]\nselect = ["ACM"]\n', encoding="utf-8")

    async def work(client: Client) -> None:
        uri = client.open("a.py", DISCARDED)
        codes = {d.code for d in await client.diagnostics(uri)}
        assert codes == (set() if arguments else {"ACM101"})

    session(tmp_path, work, *arguments)


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    code = "import sys\nsys.modules['pygls'] = None\nfrom daft_lint.cli.app import run\nsys.exit(run(['server']))"
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert line.startswith("daft-lint: the language server needs pygls: pip install 'daft-lint[lsp]")


LARGE = DISCARDED + "x = f(1, [2, 3], a.b.c)\n" * 12_000
"""Takes its parser and the positions tens of seconds."""


def test_a_large_buffer_holds_up_no_answer_and_is_dropped_when_it_is_useless(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        small = client.open("small.py", HEAVY)
        await client.diagnostics(small)
        large = client.open("large.py", LARGE)
        await asyncio.sleep(1)
        assert "after `read_parquet`" in await client.hover(small, 11, 1)
        assert large not in client.published, "answered before the check of the large buffer was done"
        client.change(large, 2, DISCARDED)
        assert [d.code for d in await client.diagnostics(large, 2)] == ["DFT401"]
        assert [published.version for published in client.published[large]] == [2]

    session(tmp_path, work)


def test_a_configuration_that_changes_on_the_disk_is_seen(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        uri = client.open("a.py", DISCARDED)
        assert [d.code for d in await client.diagnostics(uri)] == ["DFT401"]
        (tmp_path / "daft-lint.toml").write_text('ignore = ["DFT4"]\n', encoding="utf-8")
        change = lsp.FileEvent(client.uri("daft-lint.toml"), lsp.FileChangeType.Created)
        client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))
        while client.published[uri][-1].diagnostics:
            client.news.clear()
            await asyncio.wait_for(client.news.wait(), 30)

    session(tmp_path, work)


def message(**content: object) -> bytes:
    raw = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(raw), raw)


def raw_server(folder: Path, *messages: bytes, close: bool = True) -> subprocess.Popen[bytes]:
    """A server that was sent these bytes; `close`: and nothing comes after them."""
    command = [sys.executable, "-m", "daft_lint", "server"]
    server = subprocess.Popen(
        command, cwd=folder, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert server.stdin is not None
    server.stdin.write(b"".join(messages))
    server.stdin.flush()
    if close:
        server.stdin.close()
        server.stdin = None
    return server


def responses(out: bytes) -> dict[int, dict[str, object]]:
    found = [json.loads(part) for part in re.findall(rb"\r\n\r\n(\{.*?\})(?=Content-Length|\Z)", out, re.DOTALL)]
    return {one["id"]: one for one in found if "id" in one and "method" not in one}


INITIALIZE = message(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})


def test_shutdown_and_exit_end_it_with_0_and_no_word(tmp_path: Path) -> None:
    messages = (INITIALIZE, message(id=2, method="shutdown"), message(method="exit"))
    server = raw_server(tmp_path, *messages, close=False)
    out, err = server.communicate(timeout=60)
    assert (server.returncode, err) == (0, b"")
    assert responses(out).keys() == {1, 2}


def test_it_ends_with_its_client_whatever_it_is_doing(tmp_path: Path) -> None:
    item = {"uri": (tmp_path / "a.py").as_uri(), "languageId": "python", "version": 1, "text": LARGE}
    opened = message(method="textDocument/didOpen", params={"textDocument": item})
    server = raw_server(tmp_path, INITIALIZE, message(method="initialized", params={}), opened, close=False)
    time.sleep(3)
    assert server.poll() is None
    out, err = server.communicate(timeout=60)  # closes its standard input
    assert b"Traceback" not in err
    assert b"publishDiagnostics" not in out


def test_invalid_parameters_are_errors_and_end_nothing(tmp_path: Path) -> None:
    where = {"textDocument": {"uri": "file:///nowhere.py"}}
    asked = [
        ("textDocument/hover", {}),
        ("textDocument/hover", {**where, "position": {"line": "x", "character": 0}}),
        ("textDocument/codeAction", {**where}),
        ("codeAction/resolve", {"kind": "quickfix"}),
        ("nonsense/method", {}),
    ]
    unknown = [
        message(method="textDocument/didChange", params={**where, "contentChanges": [{"text": "x"}]}),
        message(method="textDocument/didClose", params={**where}),
        message(method="textDocument/didOpen", params={}),
    ]
    requests = [message(id=10 + number, method=method, params=params) for number, (method, params) in enumerate(asked)]
    messages = (INITIALIZE, *unknown, *requests, message(id=2, method="shutdown"), message(method="exit"))
    server = raw_server(tmp_path, *messages, close=False)
    out, _ = server.communicate(timeout=60)
    answered = responses(out)
    assert {10, 11, 12, 13, 14} < answered.keys()
    assert [number for number in range(10, 15) if "error" not in answered[number]] == []
    assert "error" not in answered[2]
    assert server.returncode == 0
