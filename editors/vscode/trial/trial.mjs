/**
 * Tries the packaged extension in a real VS Code: code-server, in a headless Chromium.
 *
 * CODE_SERVER: the command that starts it. CHROMIUM: the browser. DAFT_LINT: the program, with its extra `lsp`.
 * Pictures of each step go to `../dist/trial`.
 */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const EXTENSION = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const PICTURES = join(EXTENSION, "dist", "trial");
const PATIENCE_MILLISECONDS = 60_000;
const SCRIPT = `import daft
from daft import col


@daft.func
def size(image: bytes) -> int:
    return len(image)


df = daft.read_parquet("s3://photos/one.parquet")
df = df.with_column("image", daft.functions.download(col("url")))
df = df.with_column("size", size(col("image")))
df.repartition(8)
df.write_parquet("s3://photos/out")
`;
const CELLS = [
  ["markdown", "# A notebook"],
  ["code", 'import daft\ndf = daft.read_parquet("s3://b/*.parquet")'],
  ["code", "df.repartition(8)\ndf.show()"],
];

const [command, ...parameters] = (process.env.CODE_SERVER ?? "code-server").split(" ");
const home = mkdtempSync(join(tmpdir(), "daft-lint-trial-"));
const workspace = join(home, "jobs");
const environment = { ...process.env, HOME: home };
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function prepare() {
  for (const folder of [PICTURES, join(workspace, ".venv", "bin"), join(home, "data", "User")]) {
    mkdirSync(folder, { recursive: true });
  }
  symlinkSync(resolve(process.env.DAFT_LINT ?? "daft-lint"), join(workspace, ".venv", "bin", "daft-lint"));
  writeFileSync(join(workspace, "job.py"), SCRIPT);
  const cells = CELLS.map(([kind, source]) => ({
    cell_type: kind,
    source,
    metadata: {},
    ...(kind === "code" ? { outputs: [], execution_count: null } : {}),
  }));
  const notebook = { cells, metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(join(workspace, "note.ipynb"), JSON.stringify(notebook));
  const settings = {
    "editor.codeActionsOnSave": { "source.fixAll.daft-lint": "explicit" },
    "files.autoSave": "off",
    "workbench.startupEditor": "none",
  };
  writeFileSync(join(home, "data", "User", "settings.json"), JSON.stringify(settings));
}

const own = () => ["--user-data-dir", join(home, "data"), "--extensions-dir", join(home, "extensions")];

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function serve(port) {
  const vsix = join(EXTENSION, "dist", "daft-lint.vsix");
  execFileSync(command, [...parameters, ...own(), "--install-extension", vsix], { env: environment });
  const quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
  const address = ["--bind-addr", `127.0.0.1:${port}`];
  const server = spawn(command, [...parameters, ...own(), ...quiet, ...address], {
    env: environment,
    stdio: "ignore",
    detached: true,
  });
  await until("the server answers", () => fetch(`http://127.0.0.1:${port}/healthz`).then(({ ok }) => ok));
  return server;
}

/** Waits until something holds, and fails where it does not. */
async function until(what, holds) {
  const end = Date.now() + PATIENCE_MILLISECONDS;
  let last;
  while (Date.now() < end) {
    last = await Promise.resolve()
      .then(holds)
      .catch((error) => String(error));
    if (last === true) {
      process.stdout.write(`ok: ${what}\n`);
      return;
    }
    await pause(250);
  }
  assert.fail(`not so: ${what} (${JSON.stringify(last)})`);
}

class Window {
  constructor(page) {
    this.page = page;
  }

  async press(...keys) {
    const [last, ...held] = keys.reverse();
    for (const key of held) {
      await this.page.keyboard.down(key);
    }
    await this.page.keyboard.press(last);
    for (const key of held) {
      await this.page.keyboard.up(key);
    }
  }

  /** Types into the box that a key opens, and takes the first proposal once it is what was typed. */
  async ask(keys, text, proposal = text) {
    await this.press(...keys);
    await this.page.waitForSelector(".quick-input-widget input", { visible: true });
    await pause(500);
    await this.page.keyboard.type(text);
    await until(`${text} is proposed`, async () => {
      const rows = await this.text(".quick-input-list .monaco-list-row");
      return proposal === "" || rows[0]?.includes(proposal) || rows;
    });
    await this.press("Enter");
    await pause(1000);
  }

  open(file) {
    return this.ask(["Control", "p"], file);
  }

  run(title) {
    return this.ask(["F1"], title);
  }

  go(place) {
    return this.ask(["Control", "g"], place, "");
  }

  text(selector) {
    return this.page.$$eval(selector, (found) => found.map((one) => one.textContent.replaceAll("\u00a0", " ")));
  }

  /** The numbers of errors and warnings, as the status bar has them. */
  async counts() {
    const [counts] = await this.text("#status\\.problems");
    return (counts ?? "").match(/\d+/g)?.map(Number) ?? [];
  }

  async shows(errors, warnings) {
    const counts = await this.counts();
    return (counts[0] === errors && counts[1] === warnings) || counts;
  }

  /** The texts in previews and drawings. Their documents are frames of frames, of which not all are known here. */
  async framed(selector) {
    const inside = (wanted) =>
      [...document.querySelectorAll("iframe")].flatMap(({ contentDocument }) =>
        [...(contentDocument?.querySelectorAll(wanted) ?? [])].map(({ textContent }) => textContent),
      );
    const frames = this.page.frames().map((frame) => frame.evaluate(inside, selector).catch(() => []));
    return (await Promise.all(frames)).flat();
  }

  picture(name) {
    return this.page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
}

async function trial(window) {
  await window.open("job.py");
  await until("one error, two warnings", () => window.shows(1, 2));
  await until("the status bar has an item", async () => (await window.text(".statusbar")).join().includes("daft-lint"));

  await window.go("12:30");
  await window.run("Show or Focus Hover");
  await until("the hover has the finding", async () =>
    (await window.text(".monaco-hover")).join().includes("daft-lint(DFT101)"),
  );
  await window.picture("hover");
  await window.press("Escape");

  await window.press("Control", ".");
  await until("the finding has a fix, an explanation, a comment", async () => {
    const titles = (await window.text(".action-widget .monaco-list-row")).join();
    return ["DFT101: Insert", "Ignore DFT101", "Explain DFT101"].every((title) => titles.includes(title)) || titles;
  });
  await window.picture("actions");
  await window.press("Escape");

  await window.run("daft-lint: Show the plan");
  await until("the drawing has the steps", async () => (await window.framed(".step")).length === 4);
  await until("the drawing has the findings", async () =>
    (await window.framed(".step")).join().includes("DFT101 (warning)"),
  );
  await window.picture("plan");
  await window.run("View: Focus First Editor Group");
  await window.run("daft-lint: Explain this rule");
  await until("the rule has a page", async () => {
    const titles = await window.framed("h1");
    return titles.some((title) => title.startsWith("DFT101 heavy-udf-without-batches")) || titles;
  });
  await window.picture("rule");
  await window.run("View: Focus First Editor Group");

  await window.go("13:4");
  await window.run("daft-lint: Ignore this line");
  await window.page.keyboard.type("a trial");
  await window.press("Enter");
  await until("the error is silenced", () => window.shows(0, 2));
  await window.press("Control", "s");
  await until("saving fixes the rest", () => window.shows(0, 0));
  await until("the file is as it should be", () => {
    const saved = readFileSync(join(workspace, "job.py"), "utf8");
    const wanted = SCRIPT.replace("df.with_column", "df.into_batches(64).with_column");
    return saved === wanted.replace("(8)", "(8)  # daft-lint: ignore[DFT401] a trial") || saved;
  });
  await window.picture("fixed");

  await window.open("note.ipynb");
  await until("the cell's error is found", () => window.shows(1, 0));
  await window.picture("notebook");
  writeFileSync(join(workspace, "daft-lint.toml"), 'ignore = ["DFT401"]\n');
  await until("a new configuration counts at once", () => window.shows(0, 0));
  rmSync(join(workspace, "daft-lint.toml"));
  await until("and so does its end", () => window.shows(1, 0));
}

prepare();
const port = await freePort();
const server = await serve(port);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
  defaultViewport: { width: 1500, height: 950 },
});
const page = await browser.newPage();
try {
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`);
  await page.waitForSelector(".monaco-workbench .statusbar", { timeout: PATIENCE_MILLISECONDS });
  await pause(3000);
  await trial(new Window(page));
} catch (error) {
  await page.screenshot({ path: join(PICTURES, "failed.png") });
  throw error;
} finally {
  await browser.close();
  // With the hosts that it has started.
  process.kill(-server.pid);
  await new Promise((done) => server.once("exit", done));
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
