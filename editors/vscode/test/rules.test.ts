import { expect, test } from "vitest";

import { codeOfPage, rulesOf } from "../src/rules";

test("the rules of the table, those of plugins too", () => {
  const table = "DFT101  heavy-udf-without-batches   warning  fix\r\nACM001  own  advice\n\nsomething else\n";
  expect(rulesOf(table)).toEqual([
    { code: "DFT101", name: "heavy-udf-without-batches", traits: "warning, fix" },
    { code: "ACM001", name: "own", traits: "advice" },
  ]);
});

test("a page's path names its rule", () => {
  expect(codeOfPage("/DFT101.md")).toBe("DFT101");
  expect(codeOfPage("/--help.md")).toBeUndefined();
});
