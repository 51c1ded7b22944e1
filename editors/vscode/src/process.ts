/** `daft-lint` as a command that prints something and ends. */

import { execFile } from "node:child_process";

const TIMEOUT_MILLISECONDS = 60_000;
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** What the command says on standard output. Throws an `Error` with its last line on standard error. */
export function run(command: string, parameters: readonly string[], folder: string | undefined): Promise<string> {
  const options = {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", PYTHONUTF8: "1" },
    encoding: "utf8" as const,
    timeout: TIMEOUT_MILLISECONDS,
    maxBuffer: OUTPUT_BYTES,
    windowsHide: true,
  };
  return new Promise((resolve, reject) => {
    execFile(command, parameters, options, (error, output, complaints) => {
      if (error === null) {
        resolve(output);
      } else {
        reject(new Error(lastLine(complaints) ?? error.message));
      }
    });
  });
}

/** The last line of a text that is not empty. */
export function lastLine(text: string): string | undefined {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .at(-1);
}

/** What to tell of a server that ended before it answered. */
export function startFailure(command: string, complaints: string): string {
  const line = lastLine(complaints);
  if (line === undefined) {
    return `${command} server ended without a word. Is it a daft-lint?`;
  }
  // Without its extra the command says in one line how to get it.
  return line.includes("[lsp]")
    ? `${line.replace(/^daft-lint: /, "")} (for ${command})`
    : `${command} server did not start: ${line}`;
}
