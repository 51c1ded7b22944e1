/** "Show the plan": what `daft-lint plan` understood of a file, as a drawing beside it. */

import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import * as vscode from "vscode";

import { page } from "./drawing";
import { marksOf, notebookOf } from "./findings";
import { type Plan, planOf } from "./plan";
import { run } from "./process";
import { complain, type Servers } from "./servers";

/** What a step of the drawing sends when it is chosen. */
interface Chosen {
  readonly path: string;
  readonly line: number;
  readonly cell?: number;
}

/** The file that is shown, and its plan as it was saved last. */
interface Shown {
  readonly file: vscode.Uri;
  readonly plan: Plan;
}

export class PlanView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: Shown | undefined;
  private nonce = "";
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly servers: Servers) {
    const refresh = ({ uri }: { readonly uri: vscode.Uri }) => {
      if (this.shows(uri)) {
        void this.refresh(uri);
      }
    };
    const changed = ({ uri, isDirty }: { readonly uri: vscode.Uri; readonly isDirty: boolean }) => {
      if (isDirty && this.shows(uri)) {
        this.draw();
      }
    };
    this.disposables = [
      vscode.workspace.onDidSaveTextDocument(refresh),
      vscode.workspace.onDidSaveNotebookDocument(refresh),
      vscode.workspace.onDidChangeTextDocument(({ document }) => changed(document)),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook }) => changed(notebook)),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        if (this.shown !== undefined && uris.some((uri) => this.shows(notebookOf(uri)?.uri ?? uri))) {
          this.draw();
        }
      }),
    ];
  }

  private shows(file: vscode.Uri): boolean {
    return this.shown?.file.toString() === file.toString();
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
    try {
      this.shown = { file, plan: await this.read(file) };
    } catch (error) {
      await complain(error instanceof Error ? error.message : String(error));
      return;
    }
    this.panel ??= this.open();
    this.draw();
    this.panel.reveal(undefined, true);
  }

  /** Reads the plan of the file that is shown again. What is shown stays where the file cannot be read. */
  private async refresh(file: vscode.Uri): Promise<void> {
    const plan = await this.read(file).catch(() => undefined);
    if (plan !== undefined && this.shows(file)) {
      this.shown = { file, plan };
      this.draw();
    }
  }

  private async read(file: vscode.Uri): Promise<Plan> {
    const server = this.servers.of(file) ?? this.servers.of(undefined);
    if (server === undefined) {
      throw new Error("The server is starting. Try again in a moment.");
    }
    const folder = server.folder?.uri.fsPath ?? dirname(file.fsPath);
    const { command } = await server.locate();
    return planOf(await run(command, ["plan", "--format", "json", file.fsPath], folder));
  }

  private draw(): void {
    if (this.shown === undefined || this.panel === undefined) {
      return;
    }
    const { file, plan } = this.shown;
    const open = [...vscode.workspace.textDocuments, ...vscode.workspace.notebookDocuments];
    const dirty = open.some(({ uri, isDirty }) => isDirty && uri.toString() === file.toString());
    const note = dirty ? "This is the plan of the file as it was saved last." : "";
    const html = page(plan, marksOf(file), this.nonce, note);
    this.panel.title = `Plan of ${vscode.workspace.asRelativePath(file)}`;
    // The page is loaded anew each time.
    if (this.panel.webview.html !== html) {
      this.panel.webview.html = html;
    }
  }

  private open(): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("daft-lint.plan", "Plan", place, {
      enableScripts: true,
      localResourceRoots: [],
    });
    this.nonce = randomBytes(16).toString("hex");
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.shown = undefined;
    });
    panel.webview.onDidReceiveMessage((chosen: Chosen) => {
      if (this.shown !== undefined) {
        void goTo(this.shown.file, chosen);
      }
    });
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
