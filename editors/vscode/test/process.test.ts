import { expect, test } from "vitest";

import { lastLine, run, startFailure } from "../src/process";

test("what a command prints", async () => {
  expect(await run(process.execPath, ["-e", "console.log(process.env.NO_COLOR)"], undefined)).toBe("1\n");
});

test("a command that fails says why in its last line", async () => {
  const script = "console.error('first\\n\\nlast\\n'); process.exit(2)";
  await expect(run(process.execPath, ["-e", script], undefined)).rejects.toThrow(/^last$/);
});

test("a command that cannot be run says so", async () => {
  await expect(run("/none/daft-lint", [], undefined)).rejects.toThrow("ENOENT");
});

test("the last line", () => {
  expect(lastLine("a\r\nb\r\n \n")).toBe("b");
  expect(lastLine(" \n")).toBeUndefined();
});

test("a server that lacks its extra says how to get it", () => {
  const line = "the language server needs more than the core: pip install 'daft-lint[lsp]'";
  expect(startFailure("/bin/daft-lint", `daft-lint: ${line}\n`)).toBe(`${line} (for /bin/daft-lint)`);
  expect(startFailure("/bin/daft-lint", "Traceback\nImportError: x\n")).toContain("did not start: ImportError: x");
  expect(startFailure("/bin/true", "")).toContain("Is it a daft-lint?");
});
