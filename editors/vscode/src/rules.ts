/** The rules that `daft-lint explain` knows, and the addresses of their pages. */

export interface Rule {
  readonly code: string;
  readonly name: string;
  /** The highest level it reports, and whether it has a fix. */
  readonly traits: string;
}

const ROW = /^(?<code>[A-Z]{3}[0-9]{3}) +(?<name>\S+)(?: +(?<traits>\S.*))?$/;

/** The rules of the table that `daft-lint explain` prints. */
export function rulesOf(table: string): Rule[] {
  const rules: Rule[] = [];
  for (const line of table.split(/\r?\n/)) {
    const found = ROW.exec(line.trimEnd())?.groups;
    if (found !== undefined) {
      rules.push({
        code: found.code ?? "",
        name: found.name ?? "",
        traits: (found.traits ?? "").replace(/ +/g, ", "),
      });
    }
  }
  return rules;
}

export const RULE_SCHEME = "daft-lint-rule";

/** The code of the rule that a page's path, such as `/DFT101.md`, is about. */
export function codeOfPage(path: string): string | undefined {
  return /^\/?([A-Z]{3}[0-9]{3})\.md$/.exec(path)?.[1];
}
