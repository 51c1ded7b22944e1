/** "Explain this rule": what `daft-lint explain` says, as a Markdown preview. */

import * as vscode from "vscode";

import { codeOf, findingsOn } from "./findings";
import { run } from "./process";
import { codeOfPage, RULE_SCHEME, rulesOf } from "./rules";
import { complain, type Servers } from "./servers";

export class Explanations implements vscode.TextDocumentContentProvider {
  constructor(private readonly servers: Servers) {}

  /** The page of a rule; its address has the file that it was asked for in its query. */
  async provideTextDocumentContent(page: vscode.Uri): Promise<string> {
    const code = codeOfPage(page.path);
    if (code === undefined) {
      throw new Error(`${page.toString()} is no page of a rule.`);
    }
    return this.explain(page.query === "" ? undefined : vscode.Uri.parse(page.query), code);
  }

  /** Shows the page of a rule: `code`, else one of those reported at the cursor, else one that the user picks. */
  async show(code?: string, file?: vscode.Uri): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const about = file ?? editor?.document.uri;
    const wanted = code ?? (await this.pick(editor, about));
    if (wanted === undefined) {
      return;
    }
    const page = vscode.Uri.from({ scheme: RULE_SCHEME, path: `/${wanted}.md`, query: about?.toString() ?? "" });
    try {
      await vscode.workspace.openTextDocument(page);
      await vscode.commands.executeCommand("markdown.showPreviewToSide", page);
    } catch (error) {
      await complain(error instanceof Error ? error.message : String(error));
    }
  }

  private async pick(
    editor: vscode.TextEditor | undefined,
    about: vscode.Uri | undefined,
  ): Promise<string | undefined> {
    const found = editor === undefined ? [] : findingsOn(editor.document.uri, editor.selection.active.line);
    const codes = new Set(found.map(codeOf));
    const [only] = codes;
    if (codes.size === 1) {
      return only;
    }
    try {
      const rules = rulesOf(await this.explain(about)).filter(({ code }) => codes.size === 0 || codes.has(code));
      const items = rules.map((rule) => ({ label: rule.code, description: rule.name, detail: rule.traits }));
      const picked = await vscode.window.showQuickPick(items, {
        placeHolder: "The rule to explain",
        matchOnDescription: true,
      });
      return picked?.label;
    } catch (error) {
      await complain(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  private async explain(about: vscode.Uri | undefined, code?: string): Promise<string> {
    const server = this.servers.of(about) ?? this.servers.of(undefined);
    if (server === undefined) {
      throw new Error("The server is starting. Try again in a moment.");
    }
    const plugins = server.settings().get<boolean>("plugins", true) ? [] : ["--no-plugins"];
    const parameters = ["explain", ...plugins, ...(code === undefined ? [] : [code])];
    return run((await server.locate()).command, parameters, server.folder?.uri.fsPath);
  }
}
