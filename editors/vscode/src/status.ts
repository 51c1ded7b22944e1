/** The item in the status bar: how the server of the file in the active editor is. */

import * as vscode from "vscode";

import type { Phase } from "./server";
import type { Servers } from "./servers";

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("daft-lint.status", vscode.StatusBarAlignment.Right, 10);
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly servers: Servers) {
    this.item.name = "daft-lint";
    this.item.command = "daft-lint.showOutput";
    this.disposables = [
      this.item,
      servers.onDidChange(() => this.update()),
      vscode.window.onDidChangeActiveTextEditor(() => this.update()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.update()),
      vscode.window.onDidChangeActiveNotebookEditor(() => this.update()),
    ];
    this.update();
  }

  private update(): void {
    // The active editor can be the output or a preview beside the script.
    const editors = [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors];
    const script = editors.find((editor) => editor?.document.languageId === "python")?.document;
    const shown = script?.uri ?? vscode.window.activeNotebookEditor?.notebook.uri;
    const server = shown === undefined ? undefined : this.servers.of(shown);
    if (server === undefined || server.phase.name === "off") {
      this.item.hide();
      return;
    }
    const [text, tooltip] = described(server.phase, server.name);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor =
      server.phase.name === "failed" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    this.item.show();
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }
}

function described(phase: Phase, folder: string): [text: string, tooltip: string] {
  switch (phase.name) {
    case "running":
      return [
        "$(check) daft-lint",
        `daft-lint ${phase.version} for ${folder}: ${phase.located.command}, from ${phase.located.origin}`,
      ];
    case "failed":
      return ["$(error) daft-lint", phase.message];
    default:
      return ["$(sync~spin) daft-lint", `Starting for ${folder}`];
  }
}
