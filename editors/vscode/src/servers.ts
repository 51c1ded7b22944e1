/** A server for each workspace folder; one for the window where there are none. */

import * as vscode from "vscode";

import { Server } from "./server";

const IMPORTS_DAFT = /^\s*(?:import|from)\s+daft\b/m;

export class Servers implements vscode.Disposable {
  private readonly byFolder = new Map<string, Server>();
  /** What is to start and stop, in order: no two servers of a folder run at a time. */
  private queue: Promise<void> = Promise.resolve();
  private readonly untold = new Set<Server>();
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  /** Some server is in another phase. */
  readonly onDidChange = this.emitter.event;

  constructor(private readonly log: vscode.LogOutputChannel) {
    const configurations = vscode.workspace.createFileSystemWatcher("**/{pyproject.toml,daft-lint.toml}");
    const checkAgain = () => void Promise.all([...this.byFolder.values()].map((server) => server.checkAgain()));
    this.disposables = [
      this.emitter,
      configurations,
      configurations.onDidChange(checkAgain),
      configurations.onDidCreate(checkAgain),
      configurations.onDidDelete(checkAgain),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.restart()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("daft-lint")) {
          void this.restart();
        }
      }),
      vscode.workspace.onDidOpenTextDocument(() => this.tell()),
    ];
  }

  /** The server that a file is for; undefined for one outside of every folder. */
  of(uri: vscode.Uri | undefined): Server | undefined {
    const folders = served();
    if (folders.length === 0 || uri === undefined || uri.scheme === "untitled") {
      return this.byFolder.get(key(folders[0]));
    }
    const folder = folders.find((candidate) => holds(candidate, uri));
    return folder === undefined ? undefined : this.byFolder.get(key(folder));
  }

  /** Ends all servers and starts one for each folder that there is. */
  restart(): Promise<void> {
    const next = this.queue.then(async () => {
      await this.end();
      const folders = served();
      for (const folder of folders.length === 0 ? [undefined] : folders) {
        const owns = (uri: vscode.Uri) => this.of(uri)?.folder === folder;
        const server = new Server(folder, folder === folders[0], owns, this.log, (one) => this.changed(one));
        this.byFolder.set(key(folder), server);
      }
      this.emitter.fire();
      await Promise.all([...this.byFolder.values()].map((server) => server.start()));
    });
    this.queue = next.catch((error) => this.log.error(String(error)));
    return this.queue;
  }

  private async end(): Promise<void> {
    const servers = [...this.byFolder.values()];
    this.byFolder.clear();
    this.untold.clear();
    const ends = await Promise.allSettled(servers.map((server) => server.stop()));
    for (const end of ends) {
      if (end.status === "rejected") {
        this.log.warn(`A server did not end in order: ${String(end.reason)}`);
      }
    }
  }

  private changed(server: Server): void {
    if (server.phase.name === "failed") {
      this.log.error(server.phase.message);
      this.untold.add(server);
      this.tell();
    }
    this.emitter.fire();
  }

  /** Tells of servers that failed, as soon as the window shows a script that they are for. */
  private tell(): void {
    for (const server of this.untold) {
      const wanted = vscode.workspace.textDocuments.some(
        (document) =>
          document.languageId === "python" && this.of(document.uri) === server && IMPORTS_DAFT.test(document.getText()),
      );
      if (wanted && server.phase.name === "failed") {
        this.untold.delete(server);
        void complain(server.phase.message);
      }
    }
  }

  /** Ends all servers; nothing starts after that. */
  async stop(): Promise<void> {
    await this.queue;
    await this.end();
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }
}

/** Tells what is wrong, and offers what can be done about it. */
export async function complain(message: string): Promise<void> {
  const choices = {
    "Try again": "daft-lint.restartServer",
    "Open settings": "workbench.action.openSettings",
    "Show output": "daft-lint.showOutput",
  };
  const choice = await vscode.window.showErrorMessage(
    `daft-lint: ${message}`,
    ...(Object.keys(choices) as (keyof typeof choices)[]),
  );
  if (choice !== undefined) {
    await vscode.commands.executeCommand(choices[choice], ...(choice === "Open settings" ? ["daft-lint"] : []));
  }
}

/** The folders that get a server: one inside another is served by the outer one's, as each file has one server. */
function served(): readonly vscode.WorkspaceFolder[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  return folders.filter((inner) => !folders.some((outer) => outer !== inner && holds(outer, inner.uri)));
}

function holds(folder: vscode.WorkspaceFolder, uri: vscode.Uri): boolean {
  const path = folder.uri.path.replace(/\/*$/, "/");
  return uri.path.startsWith(path);
}

function key(folder: vscode.WorkspaceFolder | undefined): string {
  return folder?.uri.toString() ?? "";
}
