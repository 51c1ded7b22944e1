/** What VS Code calls when the first Python file is opened, and when it ends. */

import * as vscode from "vscode";

import { Explanations } from "./explain";
import { ignoreLine, OtherActions } from "./ignore";
import { watchInterpreter } from "./interpreter";
import { PlanView } from "./planView";
import { RULE_SCHEME } from "./rules";
import { Servers } from "./servers";
import { Status } from "./status";

let servers: Servers | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("daft-lint", { log: true });
  const started = new Servers(log);
  servers = started;
  const explanations = new Explanations(started);
  const plans = new PlanView(started);
  const { registerCommand } = vscode.commands;
  context.subscriptions.push(
    log,
    started,
    plans,
    new Status(started),
    vscode.workspace.registerTextDocumentContentProvider(RULE_SCHEME, explanations),
    vscode.languages.registerCodeActionsProvider({ language: "python" }, new OtherActions(), {
      providedCodeActionKinds: OtherActions.kinds,
    }),
    registerCommand("daft-lint.explainRule", (code?: string, file?: vscode.Uri) => explanations.show(code, file)),
    registerCommand("daft-lint.ignoreLine", ignoreLine),
    registerCommand("daft-lint.showPlan", (file?: vscode.Uri) => plans.show(file)),
    registerCommand("daft-lint.restartServer", () => started.restart()),
    registerCommand("daft-lint.showOutput", () => log.show()),
  );
  await started.restart();
  try {
    const watch = await watchInterpreter(() => void started.restart());
    context.subscriptions.push(...(watch === undefined ? [] : [watch]));
  } catch (error) {
    log.warn(`Another choice of an interpreter goes unseen: ${String(error)}`);
  }
}

export async function deactivate(): Promise<void> {
  await servers?.stop();
}
