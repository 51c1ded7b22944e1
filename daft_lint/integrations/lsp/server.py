"""The language server itself, on pygls: what editors send and what they get."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls import uris
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from daft_lint import __version__
from daft_lint.api.finding import Finding, Level
from daft_lint.integrations.lsp.background import USELESS_AFTER, Background, Done, Stopped
from daft_lint.integrations.lsp.texts import Buffer, Page, Range, Text, on_disk
from daft_lint.report.links import rule_page
from daft_lint.source.edit import Edit

DEBOUNCE_SECONDS = 0.05
"""A check starts when nothing has been typed for this long."""
FIXES_AFTER_SECONDS = 0.5
"""Fixes are tried when nothing has been typed for as long as this after the findings are shown, or when they are asked
for: each takes as long as a check."""

FIX_ALL = "source.fixAll.daft-lint"
FIX_ALL_UNSAFE = "source.daft-lint.fixAllUnsafe"
"""Not below `source.fixAll`, whose actions editors apply by themselves when a file is saved."""

_SEVERITIES = {
    Level.ERROR: lsp.DiagnosticSeverity.Error,
    Level.WARNING: lsp.DiagnosticSeverity.Warning,
    Level.ADVICE: lsp.DiagnosticSeverity.Information,
}
_WATCHED = ("daft-lint.toml", "pyproject.toml")
_PYTHON = lsp.NotebookDocumentFilterWithCells(cells=[lsp.NotebookCellLanguage(language="python")])


class _Protocol(LanguageServerProtocol):
    """pygls only logs a request whose parameters it cannot read, and its client would wait for ever."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise


def serve(*, plugins: bool = True) -> None:
    """Speaks the protocol on standard input and output until the editor ends it."""
    editor = Editor(plugins=plugins)
    try:
        editor.server.start_io()
    finally:
        editor.end()


class Editor:
    """One editor and its buffers. Checks run in one process in the background, what the editor asks for in another."""

    def __init__(self, *, plugins: bool = True) -> None:
        self.server = LanguageServer(
            "daft-lint",
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental,
            protocol_cls=_Protocol,
            notebook_document_sync=lsp.NotebookDocumentSyncOptions(notebook_selector=[_PYTHON]),
        )
        self.checks = Background(plugins=plugins)
        self.answers = Background(plugins=plugins)
        self.told: set[str] = set()
        """What is wrong with a configuration, as far as the user was told."""
        # Kept here: pygls also ends lines at form feeds and the like, so that ranges of its own texts miss there.
        self.texts: dict[str, Text] = {}
        self.buffers: dict[str, Buffer] = {}
        self.findings: dict[str, list[Finding]] = {}
        """What is known of the texts as they are; without fixes until these have been tried."""
        self.ended: dict[str, set[tuple[str, str]]] = {}
        """The findings that were left out the last time, for the fix of another ended them: code and headline."""
        self.hurry = asyncio.Event()
        self.threads = {background: ThreadPoolExecutor(1, "daft-lint") for background in (self.checks, self.answers)}
        self.waiting: asyncio.Task[None] | None = None
        self._register()

    def _register(self) -> None:
        feature = self.server.feature
        feature(lsp.INITIALIZE)(_function(self.initialize))
        feature(lsp.INITIALIZED)(_function(self.initialized))
        feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_function(self.saved))
        feature(lsp.TEXT_DOCUMENT_DID_OPEN)(_function(self.opened))
        feature(lsp.TEXT_DOCUMENT_DID_CHANGE)(_function(self.changed))
        feature(lsp.TEXT_DOCUMENT_DID_SAVE)(_function(self.saved))
        feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(_function(self.closed))
        feature(lsp.NOTEBOOK_DOCUMENT_DID_OPEN)(_function(self.notebook_opened))
        feature(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE)(_function(self.notebook_changed))
        feature(lsp.NOTEBOOK_DOCUMENT_DID_SAVE)(_function(self.saved))
        feature(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE)(_function(self.notebook_closed))
        kinds = [lsp.CodeActionKind.QuickFix, FIX_ALL, FIX_ALL_UNSAFE]
        feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(kinds, resolve_provider=True))(
            _function(self.code_actions)
        )
        feature(lsp.CODE_ACTION_RESOLVE)(_function(self.resolve))
        feature(lsp.TEXT_DOCUMENT_HOVER)(_function(self.hover))

    # What the editor shows

    def initialize(self, params: lsp.InitializeParams) -> None:
        """Work in the project's folder: paths, imports and patterns start there, as on the command line."""
        folders = params.workspace_folders
        uri = folders[0].uri if folders else params.root_uri
        root = uris.to_fs_path(uri) if uri else None
        if root is not None and os.path.isdir(root):
            os.chdir(root)

    def initialized(self, params: lsp.InitializedParams) -> None:
        """Ask to be told when a configuration changes, which nobody may have open."""
        workspace = self.server.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace is not None else None
        if watched is None or not watched.dynamic_registration:
            return
        watchers = [lsp.FileSystemWatcher(f"**/{name}") for name in _WATCHED]
        options = lsp.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
        self.server.client_register_capability(
            lsp.RegistrationParams([lsp.Registration("daft-lint-files", method, options)])
        )

    def opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        self._show(params.text_document)
        self._read_script(params.text_document.uri)
        self._check_after(0)

    def changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        self.findings.clear()
        self._type(params.text_document.uri, params.content_changes)
        self._read_script(params.text_document.uri)
        self._check_after(DEBOUNCE_SECONDS)

    def saved(self, params: object) -> None:
        """A saved file may be the configuration, or imported by others."""
        self._check_after(0)

    def closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        self._forget(_path(params.text_document.uri))

    def notebook_opened(self, params: lsp.DidOpenNotebookDocumentParams) -> None:
        for cell in params.cell_text_documents:
            self._show(cell)
        self._read_notebook(params.notebook_document.uri)
        self._check_after(0)

    def notebook_changed(self, params: lsp.DidChangeNotebookDocumentParams) -> None:
        self.findings.clear()
        cells = params.change.cells
        structure = cells.structure if cells is not None else None
        for opened in (structure.did_open or []) if structure is not None else []:
            self._show(opened)
        for closed in (structure.did_close or []) if structure is not None else []:
            self.texts.pop(closed.uri, None)
            self._publish_page(closed.uri, None, [])
        for typed in (cells.text_content or []) if cells is not None else []:
            self._type(typed.document.uri, typed.changes)
        self._read_notebook(params.notebook_document.uri)
        self._check_after(DEBOUNCE_SECONDS)

    def notebook_closed(self, params: lsp.DidCloseNotebookDocumentParams) -> None:
        self._forget(_path(params.notebook_document.uri))

    def _show(self, document: lsp.TextDocumentItem) -> None:
        self.texts[document.uri] = Text(document.text, self.encoding)

    def _type(self, uri: str, changes: Iterable[lsp.TextDocumentContentChangeEvent]) -> None:
        """Apply the editor's changes to a text: of ranges, or of the whole."""
        for change in changes:
            text = change.text
            if isinstance(change, lsp.TextDocumentContentChangePartial):
                start, end = ((at.line, at.character) for at in (change.range.start, change.range.end))
                text = self.texts[uri].replaced((start, end), text)
            self.texts[uri] = Text(text, self.encoding)

    def _page(self, uri: str) -> Page:
        return Page(uri, self.server.workspace.get_text_document(uri).version, self.texts[uri])

    @property
    def encoding(self) -> str:
        """The unit of columns that was agreed on when the editor started."""
        agreed = self.server.workspace.position_encoding
        return str(getattr(agreed, "value", agreed) or "utf-16")

    def _read_script(self, uri: str) -> None:
        path = _path(uri)
        self.buffers[path] = Buffer.of_script(path, self._page(uri))

    def _read_notebook(self, uri: str) -> None:
        notebook = self.server.workspace.get_notebook_document(notebook_uri=uri)
        if notebook is None:
            return
        path = _path(uri)
        code = [cell.document for cell in notebook.cells if cell.kind == lsp.NotebookCellKind.Code]
        self.buffers[path] = Buffer.of_notebook(path, [self._page(cell) for cell in code])

    def _forget(self, path: str) -> None:
        buffer = self.buffers.pop(path, None)
        self.findings.pop(path, None)
        for page in buffer.pages.values() if buffer is not None else ():
            self.texts.pop(page.uri, None)
            self._publish_page(page.uri, None, [])

    # Checks

    def _check_after(self, seconds: float) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            asyncio.get_running_loop().call_later(USELESS_AFTER, self.checks.end, self.checks.drop())
        self.hurry.clear()
        self.waiting = asyncio.get_running_loop().create_task(self._check(seconds))

    async def _check(self, seconds: float) -> None:
        """Show what is found, and then, with time, which fixes there are."""
        try:
            await self._pause(seconds)
            buffers = dict(self.buffers)
            found: dict[str, list[Finding]] = await self._checked("found", buffers)
            shown = {path: self._left(path, findings) for path, findings in found.items()}
            self._show_findings(buffers, shown)
            if any(found.values()):
                if self.ended.keys() >= found.keys():  # else too much may be shown until fixes are tried
                    await self._pause(FIXES_AFTER_SECONDS)
                settled = await self._checked("check", buffers)
                for path, findings in found.items():
                    self.ended[path] = {*map(_key, findings)} - {*map(_key, settled[path])}
                self._show_findings(buffers, settled, before=shown)
        except Stopped:
            return
        finally:
            if self.waiting is asyncio.current_task():
                self.waiting = None

    async def _pause(self, seconds: float) -> None:
        """Wait for as long, unless there is a hurry."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.hurry.wait(), seconds)

    async def _checked(self, job: str, buffers: Mapping[str, Buffer]) -> Any:
        done = await self._done(self.checks, job, _texts(buffers))
        self._complain(done)
        return done.value

    def _left(self, path: str, findings: Iterable[Finding]) -> list[Finding]:
        """Those to show before fixes are tried: without the ones that went with a fix the last time, and without
        suggestions, which a trial may refuse."""
        ended = self.ended.get(path, ())
        return [replace(finding, suggestion="") for finding in findings if _key(finding) not in ended]

    def _show_findings(
        self,
        buffers: Mapping[str, Buffer],
        found: Mapping[str, list[Finding]],
        before: Mapping[str, list[Finding]] | None = None,
    ) -> None:
        """Publish what is found in the buffers that are as they were; what looks as `before` is not sent again."""
        for path, buffer in buffers.items():
            if self.buffers.get(path) is buffer:
                self.findings[path] = found[path]
                if before is None or [*map(_look, before[path])] != [*map(_look, found[path])]:
                    self._publish(buffer, found[path])

    async def _done(self, background: Background, name: str, *given: object) -> Done:
        """The result of a job in the background. Raises `Stopped`."""
        thread = self.threads[background]
        return await asyncio.get_running_loop().run_in_executor(thread, background.call, name, *given)

    def end(self) -> None:
        """End what is in hand: the editor has gone."""
        for background, thread in self.threads.items():
            background.stop()
            thread.shutdown(wait=False, cancel_futures=True)

    async def _up_to_date(self) -> None:
        """Wait for what is due, which does without its pauses: edits must fit the current text."""
        while self.waiting is not None:
            self.hurry.set()
            await asyncio.wait({self.waiting})

    def _complain(self, done: Done) -> None:
        for message in [message for message in done.complaints if message not in self.told]:
            self.told.add(message)
            self.server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, f"daft-lint: {message}"))

    def _publish(self, buffer: Buffer, findings: Iterable[Finding]) -> None:
        shown: dict[int | None, list[lsp.Diagnostic]] = {cell: [] for cell in buffer.pages}
        for finding in findings:
            diagnostic = self._diagnostic(buffer, finding)
            if diagnostic is not None and finding.span.cell in shown:
                shown[finding.span.cell].append(diagnostic)
        for cell, diagnostics in shown.items():
            page = buffer.pages[cell]
            self._publish_page(page.uri, page.version, diagnostics)

    def _publish_page(self, uri: str, version: int | None, diagnostics: list[lsp.Diagnostic]) -> None:
        self.server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics, version))

    def _diagnostic(self, buffer: Buffer, finding: Finding) -> lsp.Diagnostic | None:
        where = buffer.range_of(finding.span)
        if where is None:
            return None
        related = [
            lsp.DiagnosticRelatedInformation(lsp.Location(page.uri, _range(there)), location.message)
            for location in finding.related
            if (other := self._buffer_at(location.span.path)) is not None
            and (there := other.range_of(location.span)) is not None
            and (page := other.page(location.span.cell)) is not None
        ]
        link = rule_page(finding.code)
        return lsp.Diagnostic(
            range=_range(where),
            message=finding.headline,
            severity=_SEVERITIES[finding.level],
            code=finding.code,
            code_description=None if link is None else lsp.CodeDescription(link),
            source="daft-lint",
            related_information=related,
            data=None if finding.condition is None else {"condition": finding.condition},
        )

    def _buffer_at(self, path: str) -> Buffer | None:
        """The buffer of a file, else the file on the disk; None if that cannot be read."""
        known = self.buffers.get(path)
        if known is not None:
            return known
        try:
            return on_disk(path, Path(path).absolute().as_uri(), self.encoding)
        except OSError:
            return None

    # Fixes

    async def code_actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """The fixes of the findings in a range, and those for the whole file."""
        await self._up_to_date()
        uri = params.text_document.uri
        buffer = self._buffer_of(uri)
        if buffer is None:
            return []
        wanted = params.context.only
        actions: list[lsp.CodeAction] = []
        findings = self.findings.get(buffer.path, [])
        if _asked_for(lsp.CodeActionKind.QuickFix.value, wanted):
            cell = buffer.cell_of(uri)
            actions += [
                action
                for finding in findings
                if finding.span.cell == cell and _meet(buffer.range_of(finding.span), params.range)
                if (action := self._quick_fix(buffer, finding)) is not None
            ]
        fixes = [finding.fix for finding in findings if finding.fix is not None]
        if _asked_for(FIX_ALL, wanted) and any(fix.safe for fix in fixes):
            actions.append(self._fix_all("Apply all safe fixes (daft-lint)", FIX_ALL, uri))
        if _asked_for(FIX_ALL_UNSAFE, wanted) and any(not fix.safe for fix in fixes):
            actions.append(self._fix_all("Apply all fixes, including unsafe ones (daft-lint)", FIX_ALL_UNSAFE, uri))
        if not self._resolves():
            actions = [await self.resolve(action) for action in actions]
        return actions

    async def resolve(self, action: lsp.CodeAction) -> lsp.CodeAction:
        """Work out the edit of a fix for a whole file when it is chosen: that is rare, and takes several checks."""
        if action.edit is not None or not isinstance(action.data, str):
            return action
        buffer = self._buffer_of(action.data)
        if buffer is not None:
            buffers = dict(self.buffers)
            unsafe = action.kind == FIX_ALL_UNSAFE
            done = await self._done(self.answers, "fixed", _texts(buffers), buffer.path, unsafe)
            action.edit = self._workspace_edit(done.value)
        return action

    def _quick_fix(self, buffer: Buffer, finding: Finding) -> lsp.CodeAction | None:
        fix, diagnostic = finding.fix, self._diagnostic(buffer, finding)
        if fix is None or diagnostic is None:
            return None
        edit = self._workspace_edit(fix.edits)
        if edit is None:
            return None
        label = "" if fix.safe else f" (unsafe: {fix.why_unsafe})"
        label += f": {', '.join(fix.effects)}" if fix.effects else ""
        return lsp.CodeAction(
            title=f"{finding.code}: {fix.title}{label}",
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[diagnostic],
            is_preferred=fix.safe,
            edit=edit,
        )

    def _fix_all(self, title: str, kind: str, uri: str) -> lsp.CodeAction:
        return lsp.CodeAction(title=title, kind=kind, data=uri)

    def _resolves(self) -> bool:
        """Whether the editor asks for the edit of an action only when it is chosen."""
        documents = self.server.client_capabilities.text_document
        actions = documents.code_action if documents is not None else None
        support = actions.resolve_support if actions is not None else None
        return support is not None and "edit" in support.properties

    def _workspace_edit(self, edits: Iterable[Edit]) -> lsp.WorkspaceEdit | None:
        """The edits as the editor applies them; None if one is in a text that cannot be reached."""
        by_page: dict[str, tuple[int | None, list[lsp.TextEdit]]] = {}
        for edit in edits:
            buffer = self._buffer_at(edit.path)
            where = buffer.range_of_edit(edit) if buffer is not None else None
            page = buffer.page(edit.cell) if buffer is not None else None
            if where is None or page is None:
                return None
            by_page.setdefault(page.uri, (page.version, []))[1].append(lsp.TextEdit(_range(where), edit.text))
        return self._versioned(by_page)

    def _versioned(self, by_page: Mapping[str, tuple[int | None, list[lsp.TextEdit]]]) -> lsp.WorkspaceEdit:
        workspace = self.server.client_capabilities.workspace
        support = workspace.workspace_edit if workspace is not None else None
        if support is None or not support.document_changes:
            return lsp.WorkspaceEdit(changes={uri: edits for uri, (_, edits) in by_page.items()})
        return lsp.WorkspaceEdit(
            document_changes=[
                lsp.TextDocumentEdit(lsp.OptionalVersionedTextDocumentIdentifier(uri, version), list(edits))
                for uri, (version, edits) in by_page.items()
            ]
        )

    def _buffer_of(self, uri: str) -> Buffer | None:
        notebook = self.server.workspace.get_notebook_document(cell_uri=uri)
        return self.buffers.get(_path(uri if notebook is None else notebook.uri))

    # Hover

    async def hover(self, params: lsp.HoverParams) -> lsp.Hover | None:
        uri = params.text_document.uri
        buffer = self._buffer_of(uri)
        if buffer is None:
            return None
        cell = buffer.cell_of(uri)
        page = buffer.page(cell)
        if page is None:
            return None
        offset = page.text.offset((params.position.line, params.position.character))
        here = lsp.Range(params.position, params.position)
        said = [
            f"**{f.code} {f.name}** ({f.level.name.lower()})\n\n{f.message}"
            for f in self.findings.get(buffer.path, [])
            if f.span.cell == cell and _meet(buffer.range_of(f.span), here)
        ]
        done = await self._done(
            self.answers, "hover", _texts(self.buffers), buffer.path, cell, buffer.byte_of(cell, offset)
        )
        texts = [*said, *([] if done.value is None else [done.value])]
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n\n---\n\n".join(texts))) if texts else None


def _key(finding: Finding) -> tuple[str, str]:
    """What tells a finding from others of its file, wherever it moves."""
    return finding.code, finding.headline


def _look(finding: Finding) -> tuple[object, ...]:
    """What a diagnostic shows of a finding."""
    return finding.code, finding.headline, finding.level, finding.span, finding.related, finding.condition


def _texts(buffers: Mapping[str, Buffer]) -> dict[str, bytes]:
    """What the background needs of the buffers."""
    return {path: buffer.document.raw for path, buffer in buffers.items()}


def _function(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method as a function: pygls sets attributes on what it registers, which a bound method does not allow."""
    if inspect.iscoroutinefunction(method):

        async def handle_later(params: Any) -> Any:
            return await method(params)

        return handle_later

    def handle(params: Any) -> Any:
        return method(params)

    return handle


def _path(uri: str) -> str:
    """The path of a file as reports show it, from the working directory if it lies below that; a text that was never
    saved gets a made-up name."""
    name = uris.to_fs_path(uri) if uri.startswith("file:") else None
    if name is None:
        return f"{uri.rpartition(':')[2].strip('/') or 'untitled'}.py"
    path = Path(name)
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _range(range_: Range) -> lsp.Range:
    return lsp.Range(lsp.Position(*range_[0]), lsp.Position(*range_[1]))


def _meet(one: Range | None, other: lsp.Range) -> bool:
    if one is None:
        return False
    start, end = (other.start.line, other.start.character), (other.end.line, other.end.character)
    return one[0] <= end and start <= one[1]


def _asked_for(kind: str, wanted: Iterable[lsp.CodeActionKind | str] | None) -> bool:
    """Whether an editor that asks for these kinds, and for all below them, wants this one; None: every kind."""
    if wanted is None:
        return True
    asked = [str(getattr(one, "value", one)) for one in wanted]
    return any(one == "" or kind == one or kind.startswith(f"{one}.") for one in asked)
