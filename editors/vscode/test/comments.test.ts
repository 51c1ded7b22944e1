import { expect, test } from "vitest";

import { problemOfReason, suppression } from "../src/comments";

/** The text with the comment for a finding on these lines, from 1. */
function commented(text: string, first: number, last = first, codes = ["DFT101"], reason = "kept"): string {
  const lines = text.split("\n");
  const added = suppression(lines, first - 1, last - 1, codes, reason);
  if (added === undefined) {
    return text;
  }
  const line = lines[added.line] ?? "";
  lines[added.line] = line.slice(0, added.column) + added.text + line.slice(added.column);
  return lines.join("\n");
}

const COMMENT = "  # daft-lint: ignore[DFT101] kept";

test("on the line of the finding", () => {
  expect(commented("a = 1\nb = 2\n", 1)).toBe(`a = 1${COMMENT}\nb = 2\n`);
});

test("in place of blanks at the end, and without a reason", () => {
  expect(commented("a = 1  ", 1)).toBe(`a = 1${COMMENT}  `);
  expect(commented("a = 1", 1, 1, ["DFT101"], "  ")).toBe("a = 1  # daft-lint: ignore[DFT101]");
});

test("several codes share a comment", () => {
  expect(commented("a = 1", 1, 1, ["DFT101", "DFT203"])).toBe("a = 1  # daft-lint: ignore[DFT101, DFT203] kept");
});

test("behind the comment of another tool", () => {
  expect(commented("a = 1  # noqa: E501", 1)).toBe(`a = 1  # noqa: E501${COMMENT}`);
});

test("in the list of a comment that is there", () => {
  const text = "a = 1  # daft-lint: ignore[DFT203] why";
  expect(commented(text, 1)).toBe("a = 1  # daft-lint: ignore[DFT203, DFT101] why");
  expect(commented(text, 1, 1, ["DFT203"])).toBe(text);
});

test.each([
  ["a backslash", "a = b \\\n    .c()"],
  ["a string in three quotes", 'a = """ [\n # no comment """'],
  ["a string that a backslash continues", "a = 'b\\\n # c'"],
])("at the end of the statement where the line ends in %s", (_, text) => {
  expect(commented(text, 1)).toBe(`${text}${COMMENT}`);
});

test("on the finding's last line where its first can hold none", () => {
  expect(commented('f("""\n""",\n  b\n)', 1, 3)).toBe(`f("""\n""",\n  b${COMMENT}\n)`);
});

test("at the beginning of the statement where the finding is within a string", () => {
  const text = 'f(\n  """\n  a\n  """ """\n""" )';
  expect(commented(text, 3)).toBe(`${text}${COMMENT}`);
  expect(commented('f(\n  """\n  a', 3)).toBe(`f(${COMMENT}\n  """\n  a`);
});

test("nowhere, where every line is within a string", () => {
  expect(commented('"""\n\n\n', 2)).toBe('"""\n\n\n');
});

test.each([
  ["a sign in a string", 'a = "# daft-lint: ignore[DFT203]"'],
  ["an escaped quote", "a = 'it\\'s # '"],
  ["a raw string", "a = r'\\'"],
  ["nested quotes of an f-string", 'a = f"{b["c"]}"'],
])("%s is no comment", (_, text) => {
  expect(commented(`${text}\nb = 1`, 1)).toBe(`${text}${COMMENT}\nb = 1`);
});

test("a bracket in a comment opens nothing", () => {
  expect(commented("# (\na = 1 \\\n+ 1\nb = 2", 2)).toBe(`# (\na = 1 \\\n+ 1${COMMENT}\nb = 2`);
});

test("a reason is plain text", () => {
  expect(problemOfReason("kept until the migration (ticket 3)")).toBeUndefined();
  expect(problemOfReason("")).toBeUndefined();
  for (const reason of ["[DFT1]", "see #3", "noqa", "NoQA", "daft-lint: rows=1", "a\tb", "a\u0007b"]) {
    expect(problemOfReason(reason), reason).toMatch("plain text");
  }
});
