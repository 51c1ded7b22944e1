/** A `daft-lint server`, spoken to with the protocol library that the extension's client is made of. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

const ROOT = resolve(import.meta.dirname, "..", "..", "..");

/** The daft-lint to test: `DAFT_LINT`, that of the checkout's environment, or one on `PATH`. */
export function program(): string | undefined {
  const given = process.env.DAFT_LINT;
  if (given !== undefined) {
    return given;
  }
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "daft-lint"));
  return [join(ROOT, ".venv", "bin", "daft-lint"), ...onPath].find((file) => existsSync(file));
}

export class Client {
  private readonly published: PublishDiagnosticsParams[] = [];
  private readonly waiting: (() => void)[] = [];

  private constructor(
    readonly folder: string,
    readonly connection: ProtocolConnection,
    private readonly server: ChildProcess,
  ) {}

  static async start(command: string, folder: string): Promise<{ client: Client; result: InitializeResult }> {
    const server = spawn(command, ["server", "--stdio"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    const connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    const client = new Client(folder, connection, server);
    connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      client.published.push(params);
      client.waiting.splice(0).forEach((resume) => {
        resume();
      });
    });
    connection.listen();
    const uri = pathToFileURL(folder).href;
    const result = await connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: "test" }],
      capabilities: {
        notebookDocument: { synchronization: {} },
        textDocument: { codeAction: { resolveSupport: { properties: ["edit"] } } },
        workspace: { workspaceEdit: { documentChanges: true } },
      },
    });
    await connection.sendNotification(InitializedNotification.type, {});
    return { client, result };
  }

  uri(name: string): string {
    return pathToFileURL(join(this.folder, name)).href;
  }

  async open(name: string, text: string): Promise<string> {
    const uri = this.uri(name);
    const textDocument = { uri, languageId: "python", version: 1, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
    return uri;
  }

  /** The diagnostics that are published for a document, as soon as `enough` says that they are those to wait for. */
  async diagnostics(uri: string, enough: (params: PublishDiagnosticsParams) => boolean = () => true) {
    for (;;) {
      const found = this.published.findLast((params) => params.uri === uri && enough(params));
      if (found !== undefined) {
        return found.diagnostics;
      }
      await new Promise<void>((resume) => this.waiting.push(resume));
    }
  }

  /** Ends the server in order, and returns its exit status. */
  async end(): Promise<number | null> {
    const ended = new Promise<number | null>((resume) => this.server.once("exit", resume));
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const status = await ended;
    this.connection.dispose();
    return status;
  }

  kill(): void {
    this.server.kill();
  }
}
