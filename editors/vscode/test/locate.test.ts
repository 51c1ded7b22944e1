import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { here, locate, NotFound, type Surroundings } from "../src/locate";

const FOLDER = "/projects/a";

function around(programs: readonly string[], changes: Partial<Surroundings> = {}): Surroundings {
  return {
    setting: "",
    folder: FOLDER,
    interpreter: undefined,
    searchPath: "/usr/local/bin:/usr/bin",
    home: "/home/me",
    windows: false,
    isExecutable: async (file) => programs.includes(file),
    ...changes,
  };
}

const EVERYWHERE = [
  "/opt/python/bin/daft-lint",
  "/projects/a/.venv/bin/daft-lint",
  "/projects/a/venv/bin/daft-lint",
  "/usr/bin/daft-lint",
];

test("the nearest environment wins: the selected interpreter's, .venv, venv, PATH", async () => {
  const interpreter = "/opt/python/bin/python3";
  const found: string[] = [];
  for (let left = EVERYWHERE; left.length > 0; left = left.slice(1)) {
    found.push((await locate(around(left, { interpreter }))).command);
  }
  expect(found).toEqual(EVERYWHERE);
});

test("the origin says where it was found", async () => {
  expect((await locate(around(["/projects/a/.venv/bin/daft-lint"]))).origin).toBe(".venv of the folder");
  expect((await locate(around(["/usr/bin/daft-lint"]))).origin).toBe("PATH");
});

test.each([
  ["/opt/x/daft-lint", "/opt/x/daft-lint"],
  ["~/bin/daft-lint", "/home/me/bin/daft-lint"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a user writes.
  ["${workspaceFolder}/env/bin/daft-lint", "/projects/a/env/bin/daft-lint"],
  ["env/bin/daft-lint", "/projects/a/env/bin/daft-lint"],
  [" /opt/x/daft-lint ", "/opt/x/daft-lint"],
])("the setting %s is %s", async (setting, command) => {
  expect(await locate(around([command, ...EVERYWHERE], { setting }))).toMatchObject({ command });
});

test("a folder's name with a dollar is taken as it is", async () => {
  const folder = "/projects/$&";
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a user writes.
  const setting = "${workspaceFolder}/daft-lint";
  expect((await locate(around([`${folder}/daft-lint`], { setting, folder }))).command).toBe(`${folder}/daft-lint`);
});

test("a setting that names no program is an error, whatever else there is", async () => {
  await expect(locate(around(EVERYWHERE, { setting: "/opt/none" }))).rejects.toThrow("names /opt/none");
});

test("where there is none, the message says where it was looked for and what to do", async () => {
  const failure = await locate(around([], { interpreter: "/opt/python/bin/python3" })).catch((error) => error);
  expect(failure).toBeInstanceOf(NotFound);
  expect(failure.message).toBe(
    "No daft-lint was found beside the selected interpreter /opt/python/bin/python3, in .venv or venv of /projects/a, " +
      "or on PATH. Install it with its extra lsp, or set daft-lint.path.",
  );
});

test("a relative entry of PATH is passed over", async () => {
  await expect(locate(around(["bin/daft-lint"], { searchPath: "bin:." }))).rejects.toThrow(NotFound);
});

test("a window without folders has the PATH", async () => {
  expect((await locate(around(["/usr/bin/daft-lint"], { folder: undefined }))).command).toBe("/usr/bin/daft-lint");
});

test.skipIf(process.platform === "win32")("on this machine, only a file that can be run is a program", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daft-lint-"));
  const bin = join(folder, ".venv", "bin");
  await mkdir(join(bin, "daft-lint"), { recursive: true });
  const surroundings = { ...here("", folder, undefined), searchPath: "" };
  await expect(locate(surroundings), "a folder").rejects.toThrow(NotFound);

  const venv = join(folder, "venv", "bin");
  await mkdir(venv, { recursive: true });
  await writeFile(join(venv, "daft-lint"), "#!/bin/sh\n");
  await chmod(join(venv, "daft-lint"), 0o644);
  await expect(locate(surroundings), "not executable").rejects.toThrow(NotFound);
  await chmod(join(venv, "daft-lint"), 0o755);
  expect(await locate(surroundings)).toEqual({ command: join(venv, "daft-lint"), origin: "venv of the folder" });
});
