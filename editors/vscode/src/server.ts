/** The language server of one workspace folder. */

import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  type DocumentSelector,
  ErrorAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
  State,
  TransportKind,
} from "vscode-languageclient/node";

import { SOURCE } from "./findings";
import { interpreterOf } from "./interpreter";
import { here, type Located, locate, NotFound } from "./locate";
import { startFailure } from "./process";

export type Phase =
  | { readonly name: "off" }
  | { readonly name: "starting" }
  | { readonly name: "running"; readonly located: Located; readonly version: string }
  | { readonly name: "failed"; readonly message: string };

const CELL = "vscode-notebook-cell";
const PYTHON = "python";

/** How long a server that did not start has to say why. */
const LAST_WORDS_MILLISECONDS = 2000;

/** Its errors go to the log: what the user has to know is told by `Servers`, once and in words. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** What a program says on standard error. */
class Complaints {
  private readonly parts: string[] = [];
  private end = () => {};
  private readonly ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  read(input: Readable, log: vscode.LogOutputChannel): void {
    input
      .setEncoding("utf8")
      .on("data", (text: string) => {
        this.parts.push(text);
        this.parts.splice(0, this.parts.length - 50);
        log.info(text.trimEnd());
      })
      .on("close", this.end);
  }

  /** All of it, once there is no more to come. */
  async text(): Promise<string> {
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MILLISECONDS))]);
    return this.parts.join("");
  }
}

/** Starts at most once; another server takes its place to start again. */
export class Server {
  phase: Phase = { name: "starting" };
  private client: LanguageClient | undefined;

  /**
   * @param folder what it serves; undefined in a window without folders, where it serves every file
   * @param unsaved whether it serves texts that were never saved too
   * @param owns whether a file is this server's
   */
  constructor(
    readonly folder: vscode.WorkspaceFolder | undefined,
    private readonly unsaved: boolean,
    private readonly owns: (uri: vscode.Uri) => boolean,
    private readonly log: vscode.LogOutputChannel,
    private readonly changed: (server: Server) => void,
  ) {}

  /** The name for the user. */
  get name(): string {
    return this.folder?.name ?? "this window";
  }

  /** The program for this folder. Throws `NotFound`. */
  async locate(): Promise<Located> {
    const setting = this.settings().get<string>("path", "");
    return locate(here(setting, this.folder?.uri.fsPath, await interpreterOf(this.folder?.uri, this.log)));
  }

  settings(): vscode.WorkspaceConfiguration {
    return vscode.workspace.getConfiguration("daft-lint", this.folder);
  }

  async start(): Promise<void> {
    if (!this.settings().get<boolean>("enable", true)) {
      this.enter({ name: "off" });
      return;
    }
    let located: Located;
    try {
      located = await this.locate();
    } catch (error) {
      if (!(error instanceof NotFound)) {
        throw error;
      }
      this.enter({ name: "failed", message: error.message });
      return;
    }
    this.log.info(`${this.name}: ${located.command} server, from ${located.origin}`);
    await this.launch(located);
  }

  private async launch(located: Located): Promise<void> {
    const complaints = new Complaints();
    const client = this.clientFor(located, complaints);
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        const version = client.initializeResult?.serverInfo?.version ?? "?";
        this.enter({ name: "running", located, version });
      }
    });
    try {
      await client.start();
    } catch (error) {
      this.log.error(String(error));
      this.enter({ name: "failed", message: startFailure(located.command, await complaints.text()) });
    }
  }

  private clientFor(located: Located, complaints: Complaints): LanguageClient {
    const parameters = this.settings().get<boolean>("plugins", true) ? ["server"] : ["server", "--no-plugins"];
    const folder = this.folder;
    const executable = {
      command: located.command,
      args: parameters,
      transport: TransportKind.stdio,
      options: folder === undefined ? {} : { cwd: folder.uri.fsPath },
    };
    const handler: { inner?: ErrorHandler } = {};
    const options: LanguageClientOptions = {
      documentSelector: this.selector(),
      diagnosticCollectionName: SOURCE,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      stdioOptions: {
        stdout: () => {},
        stderr: (input, log) => complaints.read(input, log),
      },
      middleware: { notebooks: this.onlyOwned() },
      errorHandler: {
        error: (error, message, count) =>
          handler.inner?.error(error, message, count) ?? { action: ErrorAction.Continue },
        closed: () => this.closed(handler.inner),
      },
      ...(folder === undefined ? {} : { workspaceFolder: folder }),
    };
    const client = new QuietClient("daft-lint", "daft-lint", executable, options);
    handler.inner = client.createDefaultErrorHandler();
    return client;
  }

  /** A server that crashed is started anew a few times; one that never ran would not run the next time either. */
  private async closed(usual: ErrorHandler | undefined): Promise<CloseHandlerResult> {
    if (this.phase.name !== "running" || usual === undefined) {
      return { action: CloseAction.DoNotRestart };
    }
    const result = await usual.closed();
    if (result.action === CloseAction.DoNotRestart) {
      this.enter({ name: "failed", message: `The server of ${this.name} ended again and again.` });
    }
    return result;
  }

  private selector(): DocumentSelector {
    const unsaved = this.unsaved ? [{ scheme: "untitled", language: PYTHON }] : [];
    const schemes = ["file", CELL];
    if (this.folder === undefined) {
      return [...schemes.map((scheme) => ({ scheme, language: PYTHON })), ...unsaved];
    }
    const pattern = { baseUri: this.folder.uri.toString(), pattern: "**/*" };
    return [...schemes.map((scheme) => ({ scheme, language: PYTHON, pattern })), ...unsaved];
  }

  /** Which notebooks are synchronised is up to the server's own selector, which knows of no folders. */
  private onlyOwned(): NonNullable<Middleware["notebooks"]> {
    const owns = ({ uri }: vscode.NotebookDocument) => this.owns(uri);
    return {
      didOpen: async (notebook, cells, next) => {
        if (owns(notebook)) {
          await next(notebook, cells);
        }
      },
      didChange: async (event, next) => {
        if (owns(event.notebook)) {
          await next(event);
        }
      },
      didSave: async (notebook, next) => {
        if (owns(notebook)) {
          await next(notebook);
        }
      },
      didClose: async (notebook, cells, next) => {
        if (owns(notebook)) {
          await next(notebook, cells);
        }
      },
    };
  }

  /** Has everything checked again: the server reads the configuration with each check, and checks what is saved. */
  async checkAgain(): Promise<void> {
    const open = vscode.workspace.textDocuments.find(
      ({ uri, languageId }) => uri.scheme === "file" && languageId === PYTHON && this.owns(uri),
    );
    if (this.client?.state === State.Running && open !== undefined) {
      await this.client.sendNotification("textDocument/didSave", { textDocument: { uri: open.uri.toString() } });
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.phase = { name: "off" };
    if (client?.needsStop()) {
      await client.stop();
    }
    await client?.dispose();
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.changed(this);
  }
}
