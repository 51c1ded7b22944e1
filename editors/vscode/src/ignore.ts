/** "Ignore this line": a comment that silences what is reported there. */

import * as vscode from "vscode";

import { type Insertion, NOT_SILENCED, problemOfReason, suppression } from "./comments";
import { codeOf, findingsOn } from "./findings";

interface Finding {
  readonly code: string;
  readonly range: vscode.Range;
}

/** Silences `finding`, else all that is reported on the cursor's line. */
export async function ignoreLine(file?: vscode.Uri, finding?: Finding): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const uri = file ?? editor?.document.uri;
  if (uri === undefined) {
    return;
  }
  const document = await vscode.workspace.openTextDocument(uri);
  const found = finding === undefined ? reported(document, editor) : [finding];
  if (found.length === 0) {
    void vscode.window.showInformationMessage("daft-lint reports nothing here that a comment can silence.");
    return;
  }
  const version = document.version;
  const reason = await vscode.window.showInputBox({
    prompt: `Why is ${found.map(({ code }) => code).join(", ")} ignored? The reason stands in the comment; it can be empty.`,
    placeHolder: "kept for the benchmark",
    validateInput: problemOfReason,
  });
  if (reason === undefined) {
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  for (const { line, column, text } of insertions(document, found, reason)) {
    edit.insert(document.uri, new vscode.Position(line, column), text);
  }
  if (document.version !== version || edit.size === 0 || !(await vscode.workspace.applyEdit(edit))) {
    void vscode.window.showWarningMessage("daft-lint: no line there can hold the comment.");
  }
}

function reported(document: vscode.TextDocument, editor: vscode.TextEditor | undefined): Finding[] {
  if (editor?.document !== document) {
    return [];
  }
  return findingsOn(document.uri, editor.selection.active.line)
    .map((diagnostic) => ({ code: codeOf(diagnostic), range: diagnostic.range }))
    .filter(({ code }) => !NOT_SILENCED.has(code));
}

/** One comment for all findings of the same place. */
function insertions(document: vscode.TextDocument, found: readonly Finding[], reason: string): Insertion[] {
  const lines = Array.from({ length: document.lineCount }, (_, line) => document.lineAt(line).text);
  const codesAt = new Map<string, { range: vscode.Range; codes: string[] }>();
  for (const { code, range } of found) {
    const place = `${range.start.line}:${range.end.line}`;
    const there = codesAt.get(place) ?? { range, codes: [] };
    codesAt.set(place, there);
    if (!there.codes.includes(code)) {
      there.codes.push(code);
    }
  }
  return [...codesAt.values()].flatMap(
    ({ range, codes }) => suppression(lines, range.start.line, range.end.line, codes, reason) ?? [],
  );
}

/** The ways to deal with a finding that are no fixes. */
export class OtherActions implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return context.diagnostics
      .filter(({ source }) => source === "daft-lint")
      .flatMap((diagnostic) => {
        const code = codeOf(diagnostic);
        const actions = [action(`Explain ${code}`, diagnostic, "daft-lint.explainRule", code, document.uri)];
        if (!NOT_SILENCED.has(code)) {
          const finding: Finding = { code, range: diagnostic.range };
          const title = `Ignore ${code} on this line`;
          actions.unshift(action(title, diagnostic, "daft-lint.ignoreLine", document.uri, finding));
        }
        return actions;
      });
  }
}

function action(title: string, diagnostic: vscode.Diagnostic, command: string, ...parameters: unknown[]) {
  const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  made.diagnostics = [diagnostic];
  made.command = { title, command, arguments: parameters };
  return made;
}
