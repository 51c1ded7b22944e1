import { expect, test } from "vitest";

import { drawing, escaped, page } from "../src/drawing";
import { type Plan, planOf, type Step } from "../src/plan";

function step(changes: Partial<Step> = {}): Step {
  return {
    name: "read_parquet",
    kind: "source",
    path: "a.py",
    line: 3,
    stage: 0,
    rows: null,
    partitions: "?",
    bound: null,
    count: null,
    paths: [],
    heavy: [],
    udfs: [],
    inflates: [],
    opens: [],
    ...changes,
  };
}

function plan(...pipelines: Step[][]): Plan {
  return {
    version: 1,
    pipelines: pipelines.map((steps) => ({
      runner: "ray",
      runner_is_set: false,
      reads: "all",
      open_parameter: false,
      steps,
    })),
    limits: [],
  };
}

const HEAVY = [{ column: "jpeg", evidence: "proof", why: "`download` reads the bytes of each file into it" }];
const count = (text: string, part: string) => text.split(part).length - 1;

test("a box for each step, an arrow between two, a wide one where heavy columns pass", () => {
  const svg = drawing(plan([step(), step({ line: 4, heavy: HEAVY }), step({ line: 5 })], [step()]), []);
  expect(count(svg, '<g class="step"')).toBe(4);
  expect(count(svg, '<line class="arrow light"')).toBe(1);
  expect(count(svg, '<line class="arrow heavy"')).toBe(1);
  expect(svg).toContain("Pipeline 2 of 2");
});

test("what is known of a step, and ? for what is not", () => {
  const udf = { name: "E.embed", kind: "daft.cls", heavy: true, takes: ["jpeg"], batch_size: 64, max_concurrency: "?" };
  const svg = drawing(
    plan([
      step({ rows: 1_000_000, partitions: 8, count: 64, bound: { kind: "batches", rows: 64, by: "into_batches" } }),
      step({ udfs: [{ ...udf, gpus: null }] }),
    ]),
    [],
  );
  for (const text of ["read_parquet(64)", "rows 1,000,000, partitions 8", "at most 64 rows a call (by into_batches)"]) {
    expect(svg).toContain(`>${text}<`);
  }
  expect(svg).toContain(">rows ?, partitions ?<");
  expect(svg).toContain("takes jpeg");
  expect(svg).toContain("batch_size=64");
  expect(svg).toContain("max_concurrency=?");
  expect(svg).not.toContain("gpus");
});

test("a new stage is told on its arrow", () => {
  expect(drawing(plan([step(), step({ stage: 1 })]), [])).toContain("new partitions");
  expect(drawing(plan([step(), step()]), [])).not.toContain("new partitions");
});

test("findings stand on the steps of their line, and of their cell", () => {
  const marks = [
    { line: 3, cell: 2, code: "DFT401", level: "error" as const },
    { line: 3, cell: 2, code: "DFT104", level: "advice" as const },
  ];
  const svg = drawing(plan([step({ cell: 1 }), step({ cell: 2 })]), marks);
  expect(count(svg, '<rect class="box error"')).toBe(1);
  expect(count(svg, ">DFT401 (error)<")).toBe(1);
  expect(count(svg, ">DFT104 (advice)<")).toBe(1);
  expect(svg).toContain(">cell 2, line 3<");
});

test("boxes of a column do not overlap, and lie within the drawing", () => {
  const long = "x".repeat(300);
  const steps = [step({ paths: [long] }), step({ heavy: HEAVY }), step({ name: long })];
  const svg = drawing(plan(steps), []);
  const height = Number(/height="([\d.]+)"/.exec(svg)?.[1]);
  let bottom = 0;
  for (const [, y, size] of svg.matchAll(/<rect class="box[^>]* y="([\d.]+)"[^>]* height="([\d.]+)"/g)) {
    expect(Number(y)).toBeGreaterThanOrEqual(bottom);
    bottom = Number(y) + Number(size);
  }
  expect(bottom).toBeGreaterThan(0);
  expect(bottom).toBeLessThanOrEqual(height);
  for (const [, text] of svg.matchAll(/<text[^>]*>([^<]*)</g)) {
    expect(text?.length).toBeLessThanOrEqual(46);
  }
});

test("nothing of the script becomes markup", () => {
  const name = `<script>alert(1)</script>" onload='x' &`;
  const html = page(plan([step({ name, path: name, kind: `"><script>`, paths: [name] })]), [], "abc", name);
  expect(count(html, "<script")).toBe(1);
  expect(html).not.toContain("onload='");
  expect(html).toContain("&lt;script&gt;");
});

test("control characters and those that turn the direction are replaced", () => {
  expect(escaped("a\u0000\u202eb\ud800\n")).toBe("a\ufffd\ufffdb\ufffd\n");
});

test("the page allows only what carries its nonce, and loads nothing", () => {
  const html = page({ ...plan([step()]), limits: ["too many steps"] }, [], "0123", "");
  expect(html).toContain("default-src 'none'; style-src 'nonce-0123'; script-src 'nonce-0123'");
  expect(html).not.toMatch(/\s(?:src|href|style|on\w+)=/);
  expect(html).toContain("limit: too many steps");
  expect(page(plan(), [], "0", "")).toContain("No pipeline was found.");
});

test("a plan of another version is refused", () => {
  expect(() => planOf('{"version": 2}')).toThrow("another form");
  expect(() => planOf("[]")).toThrow("another form");
  expect(planOf('{"version": 1, "pipelines": [], "limits": []}').pipelines).toEqual([]);
});
