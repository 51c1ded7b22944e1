/** The findings that VS Code shows, whoever sent them. */

import * as vscode from "vscode";

import type { Mark } from "./drawing";

/** What the server's diagnostics say they are from. */
export const SOURCE = "daft-lint";

export function findingsIn(document: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document).filter((diagnostic) => diagnostic.source === SOURCE);
}

/** The findings that a line of a document is part of. */
export function findingsOn(document: vscode.Uri, line: number): vscode.Diagnostic[] {
  return findingsIn(document).filter(({ range }) => range.start.line <= line && line <= range.end.line);
}

export function codeOf(diagnostic: vscode.Diagnostic): string {
  const code = diagnostic.code;
  return String(typeof code === "object" ? code.value : (code ?? ""));
}

/** The findings of a file as a drawing marks them; a notebook's are those of its cells. */
export function marksOf(file: vscode.Uri): Mark[] {
  const notebook = vscode.workspace.notebookDocuments.find(({ uri }) => uri.toString() === file.toString());
  if (notebook === undefined) {
    return findingsIn(file).map((diagnostic) => mark(diagnostic, undefined));
  }
  return notebook
    .getCells()
    .flatMap((cell) => findingsIn(cell.document.uri).map((diagnostic) => mark(diagnostic, cell.index + 1)));
}

function mark(diagnostic: vscode.Diagnostic, cell: number | undefined): Mark {
  const level = [vscode.DiagnosticSeverity.Error, vscode.DiagnosticSeverity.Warning].indexOf(diagnostic.severity);
  return {
    line: diagnostic.range.start.line + 1,
    cell,
    code: codeOf(diagnostic),
    level: (["error", "warning"] as const)[level] ?? "advice",
  };
}

/** The notebook that a cell's document belongs to. */
export function notebookOf(document: vscode.Uri): vscode.NotebookDocument | undefined {
  return vscode.workspace.notebookDocuments.find((notebook) =>
    notebook.getCells().some((cell) => cell.document.uri.toString() === document.toString()),
  );
}
