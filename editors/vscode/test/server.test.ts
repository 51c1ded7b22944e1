/** What the extension needs of the server and of the commands, from the real ones. */

import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  DidChangeNotebookDocumentNotification,
  DidOpenNotebookDocumentNotification,
  DidSaveTextDocumentNotification,
  HoverRequest,
  NotebookCellKind,
  type TextDocumentEdit,
} from "vscode-languageserver-protocol/node";

import { suppression } from "../src/comments";
import { drawing } from "../src/drawing";
import { planOf } from "../src/plan";
import { run } from "../src/process";
import { rulesOf } from "../src/rules";
import { Client, program } from "./client";

const DISCARDED = 'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n';
const LATE = `import daft
from daft import col


@daft.func
def size(image: bytes) -> int:
    return len(image)


df = daft.read_parquet("s3://b/one.parquet")
df = df.with_column("image", daft.functions.download(col("url")))
df = df.with_column("size", size(col("image")))
df.write_parquet("s3://b/out")
`;

const command = program() ?? "";
const everything = { start: { line: 0, character: 0 }, end: { line: 100, character: 0 } };

describe.skipIf(command === "")("with a daft-lint", () => {
  let folder: string;
  let client: Client | undefined;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "daft-lint-")));
  });
  afterEach(async () => {
    client?.kill();
    client = undefined;
    await rm(folder, { recursive: true });
  });

  async function started(): Promise<Client> {
    client = (await Client.start(command, folder)).client;
    return client;
  }

  async function actions(server: Client, uri: string, only: string[]): Promise<CodeAction[]> {
    const context = { diagnostics: [], only };
    const params = { textDocument: { uri }, range: everything, context };
    return ((await server.connection.sendRequest(CodeActionRequest.type, params)) ?? []) as CodeAction[];
  }

  test("the server says who it is, and what it offers", async () => {
    const { client: server, result } = await Client.start(command, folder);
    client = server;
    expect(result.serverInfo?.name).toBe("daft-lint");
    expect(result.capabilities.hoverProvider).toBeTruthy();
    expect(result.capabilities.notebookDocumentSync).toBeTruthy();
    expect(result.capabilities.codeActionProvider).toMatchObject({
      codeActionKinds: expect.arrayContaining(["quickfix", "source.fixAll.daft-lint"]),
      resolveProvider: true,
    });
    // Ended by itself, not by a signal.
    expect(await server.end()).not.toBeNull();
    client = undefined;
  });

  test("diagnostics, quick fixes, and the fix of everything", async () => {
    const server = await started();
    const uri = await server.open("a.py", LATE);
    const found = await server.diagnostics(uri);
    expect(found.map(({ code }) => code)).toContain("DFT101");
    expect(found.every(({ source }) => source === "daft-lint")).toBe(true);

    const fixes = await actions(server, uri, ["quickfix"]);
    expect(fixes.map(({ title }) => title).join()).toMatch(/DFT101: Insert/);
    expect(fixes[0]?.diagnostics?.[0]?.code).toBeDefined();
    const [all] = await actions(server, uri, ["source.fixAll"]);
    expect(all?.kind).toBe("source.fixAll.daft-lint");
    expect(all?.edit).toBeUndefined();
    const resolved = await server.connection.sendRequest(CodeActionResolveRequest.type, all as CodeAction);
    const [change] = (resolved.edit?.documentChanges ?? []) as TextDocumentEdit[];
    expect(change?.textDocument).toEqual({ uri, version: 1 });
    expect(JSON.stringify(change?.edits)).toContain("into_batches");
  });

  test("a hover shows the pipeline of a DataFrame", async () => {
    const server = await started();
    const uri = await server.open("a.py", LATE);
    const position = { line: 12, character: 1 };
    const shown = await server.connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position });
    expect(shown?.contents).toMatchObject({ kind: "markdown", value: expect.stringContaining("read_parquet") });
  });

  test("the cells of a notebook are checked together, and again when one is typed in", async () => {
    const server = await started();
    const uri = server.uri("n.ipynb");
    const cells = ['import daft\ndf = daft.read_parquet("s3://b/*.parquet")\n', "df.repartition(8)\ndf.show()\n"];
    const cell = (index: number) => `vscode-notebook-cell:${new URL(uri).pathname}#c${index}`;
    await server.connection.sendNotification(DidOpenNotebookDocumentNotification.type, {
      notebookDocument: {
        uri,
        notebookType: "jupyter-notebook",
        version: 1,
        cells: cells.map((_, index) => ({ kind: NotebookCellKind.Code, document: cell(index) })),
      },
      cellTextDocuments: cells.map((text, index) => ({ uri: cell(index), languageId: "python", version: 1, text })),
    });
    const [finding] = await server.diagnostics(cell(1));
    expect(finding).toMatchObject({ code: "DFT401", range: { start: { line: 0 } } });
    expect(await server.diagnostics(cell(0))).toEqual([]);

    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    await server.connection.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri, version: 2 },
      change: {
        cells: {
          textContent: [{ document: { uri: cell(1), version: 2 }, changes: [{ range, text: "df = " }] }],
        },
      },
    });
    expect(await server.diagnostics(cell(1), ({ version }) => version === 2)).toEqual([]);
  });

  test("what is told of a saved file has all files checked again, with the configuration as it is", async () => {
    const server = await started();
    const uri = await server.open("a.py", DISCARDED);
    expect(await server.diagnostics(uri)).toHaveLength(1);
    await writeFile(join(folder, "daft-lint.toml"), 'ignore = ["DFT401"]\n');
    await server.connection.sendNotification(DidSaveTextDocumentNotification.type, { textDocument: { uri } });
    expect(await server.diagnostics(uri, ({ diagnostics }) => diagnostics.length === 0)).toEqual([]);
  });

  test.each([
    ["one line", DISCARDED],
    ["a string over lines", DISCARDED.replace("8)", '8, """\n""")')],
    ["a backslash", DISCARDED.replace("df.repartition", "df \\\n  .repartition")],
  ])("the comment of a finding silences it: %s", async (_, text) => {
    const server = await started();
    const [finding] = await server.diagnostics(await server.open("a.py", text));
    const lines = text.split("\n");
    const range = finding?.range;
    const added = suppression(lines, range?.start.line ?? -1, range?.end.line ?? -1, ["DFT401"], "a test");
    const line = lines[added?.line ?? -1] ?? "";
    lines[added?.line ?? -1] = line.slice(0, added?.column) + added?.text + line.slice(added?.column);
    const uri = await server.open("b.py", lines.join("\n"));
    expect(await server.diagnostics(uri)).toEqual([]);
  });

  test("every rule of the table has a page", async () => {
    const rules = rulesOf(await run(command, ["explain"], folder));
    expect(rules.length).toBeGreaterThan(15);
    expect(rules.map(({ code }) => code)).toContain("DFT101");
    expect(await run(command, ["explain", "DFT101"], folder)).toMatch(/^# DFT101 heavy-udf-without-batches\n/);
  });

  test("a plan is drawn", async () => {
    await writeFile(join(folder, "a.py"), LATE);
    const plan = planOf(await run(command, ["plan", "--format", "json", join(folder, "a.py")], folder));
    const svg = drawing(plan, [{ line: 12, cell: undefined, code: "DFT101", level: "warning" }]);
    expect(plan.pipelines[0]?.steps.map(({ name }) => name)).toEqual([
      "read_parquet",
      "with_column",
      "with_column",
      "write_parquet",
    ]);
    expect(svg).toContain("DFT101 (warning)");
    expect(svg).toContain('<line class="arrow heavy"');
    expect(svg).not.toMatch(/undefined|NaN|\[object/);
  });
});
