/** The interpreter that the Python extension has selected for a folder, where that extension is installed. */

import * as vscode from "vscode";

const PYTHON = "ms-python.python";

/** What is used of the Python extension's interface. */
interface PythonExtension {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(environment: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<{
      readonly resource?: vscode.Uri | vscode.WorkspaceFolder | undefined;
    }>;
  };
}

async function python(): Promise<PythonExtension | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>(PYTHON);
  // Older ones have no such interface.
  return extension === undefined ? undefined : (await extension.activate())?.environments && extension.exports;
}

/** The path of the interpreter; undefined where none is selected or the extension is missing or fails. */
export async function interpreterOf(
  folder: vscode.Uri | undefined,
  log: vscode.LogOutputChannel,
): Promise<string | undefined> {
  try {
    const environments = (await python())?.environments;
    const selected = environments?.getActiveEnvironmentPath(folder);
    const resolved = selected === undefined ? undefined : await environments?.resolveEnvironment(selected);
    return resolved?.executable.uri?.fsPath;
  } catch (error) {
    log.warn(`The Python extension does not say which interpreter is selected: ${String(error)}`);
    return undefined;
  }
}

/** Calls `changed` whenever another interpreter is selected. */
export async function watchInterpreter(changed: () => void): Promise<vscode.Disposable | undefined> {
  return (await python())?.environments.onDidChangeActiveEnvironmentPath(changed);
}
