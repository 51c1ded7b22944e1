/** "Show the plan": what `daft-lint plan` understood of a file, as a drawing beside it. */

import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import * as vscode from "vscode";

import { page } from "./drawing";
import { marksOf, notebookOf } from "./findings";
import { planOf } from "./plan";
import { run } from "./process";
import { complain, type Servers } from "./servers";

/** What a step of the drawing sends when it is chosen. */
interface Chosen {
  readonly path: string;
  readonly line: number;
  readonly cell?: number;
}

export class PlanView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: vscode.Uri | undefined;
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly servers: Servers) {
    const refresh = ({ uri }: { readonly uri: vscode.Uri }) => {
      if (uri.toString() === this.shown?.toString()) {
        void this.draw(uri);
      }
    };
    this.disposables = [
      vscode.workspace.onDidSaveTextDocument(refresh),
      vscode.workspace.onDidSaveNotebookDocument(refresh),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        const shown = this.shown;
        if (shown !== undefined && uris.some((uri) => (notebookOf(uri)?.uri ?? uri).toString() === shown.toString())) {
          void this.draw(shown);
        }
      }),
    ];
  }

  /** Shows the plan of a file, else of that in the active editor. */
  async show(given?: vscode.Uri): Promise<void> {
    const active = vscode.window.activeTextEditor?.document.uri ?? vscode.window.activeNotebookEditor?.notebook.uri;
    const asked = given ?? active;
    const file = asked === undefined ? undefined : (notebookOf(asked)?.uri ?? asked);
    if (file?.scheme !== "file") {
      void vscode.window.showInformationMessage(
        "daft-lint shows the plan of a file: open one, or save this one first.",
      );
      return;
    }
    await this.draw(file, true);
  }

  private async draw(file: vscode.Uri, reveal = false): Promise<void> {
    let html: string;
    try {
      html = await this.html(file);
    } catch (error) {
      if (reveal) {
        await complain(error instanceof Error ? error.message : String(error));
      }
      return;
    }
    if (!reveal && this.shown?.toString() !== file.toString()) {
      return;
    }
    const panel = this.panel ?? this.open(file);
    this.shown = file;
    panel.title = `Plan of ${vscode.workspace.asRelativePath(file)}`;
    panel.webview.html = html;
    if (reveal) {
      panel.reveal(undefined, true);
    }
  }

  private async html(file: vscode.Uri): Promise<string> {
    const server = this.servers.of(file) ?? this.servers.of(undefined);
    if (server === undefined) {
      throw new Error("The server is starting. Try again in a moment.");
    }
    const folder = server.folder?.uri.fsPath ?? dirname(file.fsPath);
    const { command } = await server.locate();
    const plan = planOf(await run(command, ["plan", "--format", "json", file.fsPath], folder));
    const open = [...vscode.workspace.textDocuments, ...vscode.workspace.notebookDocuments];
    const dirty = open.some(({ uri, isDirty }) => isDirty && uri.toString() === file.toString());
    const note = dirty ? "This is the plan of the file as it was saved last." : "";
    return page(plan, marksOf(file), randomBytes(16).toString("hex"), note);
  }

  private open(file: vscode.Uri): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("daft-lint.plan", "Plan", place, {
      enableScripts: true,
      localResourceRoots: [],
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.shown = undefined;
    });
    panel.webview.onDidReceiveMessage((chosen: Chosen) => void goTo(this.shown ?? file, chosen));
    this.panel = panel;
    return panel;
  }

  dispose(): void {
    this.panel?.dispose();
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }
}

/** Shows the line of a step in its editor. */
async function goTo(shown: vscode.Uri, { path, line, cell }: Chosen): Promise<void> {
  const file = vscode.Uri.file(resolve(dirname(shown.fsPath), path));
  const at = new vscode.Range(line - 1, 0, line - 1, 0);
  if (cell === undefined) {
    await vscode.window.showTextDocument(file, { selection: at, viewColumn: vscode.ViewColumn.One });
    return;
  }
  const notebook = await vscode.workspace.openNotebookDocument(file);
  const selections = [new vscode.NotebookRange(cell - 1, cell)];
  await vscode.window.showNotebookDocument(notebook, { selections, viewColumn: vscode.ViewColumn.One });
}
