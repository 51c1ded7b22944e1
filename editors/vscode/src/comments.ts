/** Where a comment that silences a finding can stand. It counts on the line of the finding, and on the first and the last
 * line of its statement. */

/** Lines count from 0. */
export interface Insertion {
  readonly line: number;
  /** In UTF-16 units, as VS Code counts. */
  readonly column: number;
  readonly text: string;
}

/** What no comment can answer: a file that does not parse, and a comment that silences nothing. */
export const NOT_SILENCED: ReadonlySet<string> = new Set(["DFT001", "DFT002"]);

const LISTED = /#\s*daft-lint:\s*ignore\s*\[(?<codes>[^\]#]*)\]/;

interface Line {
  /** The line's end belongs to a string or to a backslash: no comment can stand there. */
  blocked: boolean;
  /** The statement goes on below. */
  continues: boolean;
  /** The column of the line's comment. */
  comment: number | undefined;
}

/** The edit that silences `codes` for a finding from line `first` to line `last`; undefined where no line can hold it. */
export function suppression(
  lines: readonly string[],
  first: number,
  last: number,
  codes: readonly string[],
  reason: string,
): Insertion | undefined {
  const scanned = scan(lines);
  const [begin, end] = statement(scanned, first);
  const line = [first, last, end, begin].find((candidate) => scanned[candidate]?.blocked === false);
  if (line === undefined) {
    return undefined;
  }
  const text = lines[line] ?? "";
  const comment = scanned[line]?.comment;
  const listed = comment === undefined ? null : LISTED.exec(text.slice(comment));
  const known = listed?.groups?.codes ?? "";
  if (comment !== undefined && listed !== null && known.trim() !== "") {
    const there = known.split(",").map((code) => code.trim());
    const added = codes.filter((code) => !there.includes(code));
    const column = comment + listed.index + listed[0].length - 1;
    return added.length === 0 ? undefined : { line, column, text: added.map((code) => `, ${code}`).join("") };
  }
  const why = reason.trim() === "" ? "" : ` ${reason.trim()}`;
  return { line, column: text.trimEnd().length, text: `  # daft-lint: ignore[${codes.join(", ")}]${why}` };
}

/** What is wrong with a reason, in words; undefined where it can stand in the comment. */
export function problemOfReason(reason: string): string | undefined {
  const text = reason.trim();
  const spoken = /\p{Cc}|^\[|#|noqa|daft-lint:/iu.exec(text)?.[0];
  return spoken === undefined ? undefined : `A reason is plain text; ${JSON.stringify(spoken)} means something there.`;
}

/** The first and the last line of the statement that a line belongs to. */
function statement(lines: readonly Line[], at: number): [first: number, last: number] {
  let first = at;
  while (first > 0 && lines[first - 1]?.continues === true) {
    first -= 1;
  }
  let last = at;
  while (lines[last]?.continues === true && last + 1 < lines.length) {
    last += 1;
  }
  return [first, last];
}

/** Python's tokens as far as comments need them: strings, brackets, backslashes. */
function scan(lines: readonly string[]): Line[] {
  let depth = 0;
  let quotes = "";
  return lines.map((text) => {
    const line: Line = { blocked: false, continues: false, comment: undefined };
    let continued = false;
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charAt(at);
      if (character === "\\") {
        // Raw strings too: a backslash keeps the quote behind it from ending them.
        continued = at + 1 === text.length;
        at += 1;
      } else if (quotes !== "") {
        if (text.startsWith(quotes, at)) {
          at += quotes.length - 1;
          quotes = "";
        }
      } else if (character === "#") {
        line.comment = at;
        break;
      } else if (character === '"' || character === "'") {
        quotes = text.startsWith(character.repeat(3), at) ? character.repeat(3) : character;
        at += quotes.length - 1;
      } else if ("([{".includes(character)) {
        depth += 1;
      } else if (")]}".includes(character)) {
        depth = Math.max(0, depth - 1);
      }
    }
    if (quotes.length === 1 && !continued) {
      // An unfinished string ends with its line, as the tokenizer of an f-string with the same quotes inside needs it.
      quotes = "";
    }
    line.blocked = continued || quotes !== "";
    line.continues = line.blocked || depth > 0;
    return line;
  });
}
