/** Which `daft-lint` serves a folder. */

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";

export interface Surroundings {
  /** The setting `daft-lint.path`, as it is written. */
  readonly setting: string;
  /** The path of the workspace folder. */
  readonly folder: string | undefined;
  /** The path of the selected Python interpreter. */
  readonly interpreter: string | undefined;
  /** The variable `PATH`. */
  readonly searchPath: string;
  readonly home: string;
  readonly windows: boolean;
  isExecutable(file: string): Promise<boolean>;
}

export interface Located {
  readonly command: string;
  /** Where it was found, in words. */
  readonly origin: string;
}

/** No `daft-lint` was found; the message says where it was looked for and what to do. */
export class NotFound extends Error {}

/** The first `daft-lint` that there is. The setting leaves no choice. Throws `NotFound`. */
export async function locate(around: Surroundings): Promise<Located> {
  const setting = around.setting.trim();
  if (setting !== "") {
    const command = filledIn(setting, around);
    if (await around.isExecutable(command)) {
      return { command, origin: "the setting daft-lint.path" };
    }
    throw new NotFound(`The setting daft-lint.path names ${command}, which is no program. Correct it, or empty it.`);
  }
  for (const [command, origin] of candidates(around)) {
    if (await around.isExecutable(command)) {
      return { command, origin };
    }
  }
  throw new NotFound(`No daft-lint was found ${places(around)}. Install it with its extra lsp, or set daft-lint.path.`);
}

function* candidates(around: Surroundings): Generator<[command: string, origin: string]> {
  const { folder, interpreter } = around;
  const name = around.windows ? "daft-lint.exe" : "daft-lint";
  if (interpreter !== undefined) {
    const origin = "the selected Python interpreter";
    yield [join(dirname(interpreter), name), origin];
    if (around.windows) {
      // An interpreter outside of a virtual environment has its scripts in a folder below it.
      yield [join(dirname(interpreter), "Scripts", name), origin];
    }
  }
  if (folder !== undefined) {
    for (const environment of [".venv", "venv"]) {
      yield [join(folder, environment, around.windows ? "Scripts" : "bin", name), `${environment} of the folder`];
    }
  }
  for (const directory of around.searchPath.split(delimiter)) {
    // A relative entry would depend on the folder that VS Code was started in.
    if (isAbsolute(directory)) {
      yield [join(directory, name), "PATH"];
    }
  }
}

function filledIn(setting: string, around: Surroundings): string {
  const text = setting
    .replace(/\$\{workspaceFolder\}/g, () => around.folder ?? "")
    .replace(/^~(?=[/\\]|$)/, () => around.home);
  return isAbsolute(text) ? text : resolve(around.folder ?? around.home, text);
}

function places(around: Surroundings): string {
  const looked = [];
  if (around.interpreter !== undefined) {
    looked.push(`beside the selected interpreter ${around.interpreter}`);
  }
  if (around.folder !== undefined) {
    looked.push(`in .venv or venv of ${around.folder}`);
  }
  return [...looked, looked.length === 0 ? "on PATH" : "or on PATH"].join(", ");
}

/** The surroundings on this machine. */
export function here(setting: string, folder: string | undefined, interpreter: string | undefined): Surroundings {
  return {
    setting,
    folder,
    interpreter,
    searchPath: process.env.PATH ?? "",
    home: homedir(),
    windows: process.platform === "win32",
    isExecutable: async (file) => {
      try {
        await access(file, constants.X_OK);
        return (await stat(file)).isFile();
      } catch {
        return false;
      }
    },
  };
}
