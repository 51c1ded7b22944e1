/** A plan as one SVG: a column for each pipeline, a box for each step, and a wide arrow where heavy columns pass. */

import type { Pipeline, Plan, Step, Udf } from "./plan";

/** A finding to mark on the steps of its line. */
export interface Mark {
  readonly line: number;
  readonly cell: number | undefined;
  readonly code: string;
  readonly level: "error" | "warning" | "advice";
}

type Tone = "title" | "facts" | "heavy" | "udf" | "note" | Mark["level"];

interface Row {
  readonly text: string;
  readonly tone: Tone;
}

const CHARACTERS = 46;
/** Pixels. A character of the drawing's font, 12 px high and of fixed width, is 7.25 px wide. */
const CHARACTER = 7.25;
const PADDING = 12;
const BOX = CHARACTERS * CHARACTER + 2 * PADDING;
const ROW = 18;
const GAP = 34;
const MARGIN = 24;

const READS: Readonly<Record<string, string>> = {
  all: "all rows",
  few: "a few rows",
  count: "the number of rows",
  none: "nothing",
};
const KNOWN_KINDS = new Set(["source", "into_batches", "partitions", "re-cut", "join", "collect", "sink"]);

export function drawing(plan: Plan, marks: readonly Mark[]): string {
  const columns = plan.pipelines.map((pipeline, index) => column(pipeline, index, plan.pipelines.length, marks));
  const width = MARGIN + columns.length * (BOX + MARGIN);
  const height = Math.max(0, ...columns.map(({ height }) => height)) + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="group">`,
    ...columns.map(({ parts }) => parts.join("\n")),
    "</svg>",
  ].join("\n");
}

function column(pipeline: Pipeline, index: number, count: number, marks: readonly Mark[]) {
  const left = MARGIN + index * (BOX + MARGIN);
  const parts: string[] = [];
  let top = MARGIN;
  for (const row of header(pipeline, index, count)) {
    top += ROW;
    parts.push(line(row, left, top));
  }
  top += PADDING;
  pipeline.steps.forEach((step, at) => {
    const before = pipeline.steps[at - 1];
    if (before !== undefined) {
      parts.push(arrow(before, left + BOX / 2, top, step.stage !== before.stage));
      top += GAP;
    }
    const drawn = box(step, left, top, marks);
    parts.push(drawn.part);
    top += drawn.height;
  });
  return { parts, height: top };
}

function header(pipeline: Pipeline, index: number, count: number): Row[] {
  const runner = `runner ${pipeline.runner} (${pipeline.runner_is_set ? "set by the script" : "the target"})`;
  const rows = [`${runner}, sink reads ${READS[pipeline.reads] ?? pipeline.reads}`];
  if (pipeline.open_parameter) {
    rows.push("its rows come from a parameter with no caller in view");
  }
  return [
    { text: `Pipeline ${index + 1} of ${count}`, tone: "title" },
    ...rows.flatMap(wrapped).map((text): Row => ({ text, tone: "note" })),
  ];
}

function box(step: Step, left: number, top: number, marks: readonly Mark[]): { part: string; height: number } {
  const here = marks.filter((mark) => mark.line === step.line && mark.cell === step.cell);
  const rows = rowsOf(step, here);
  const height = rows.length * ROW + PADDING;
  const kind = KNOWN_KINDS.has(step.kind) ? step.kind : "other";
  const worst = (["error", "warning", "advice"] as const).find((level) => here.some((mark) => mark.level === level));
  const boxClass = worst === undefined ? "box" : `box ${worst}`;
  const where = `${step.cell === undefined ? "" : `cell ${step.cell}, `}line ${step.line}`;
  const data = [`data-path="${escaped(step.path)}"`, `data-line="${step.line}"`];
  if (step.cell !== undefined) {
    data.push(`data-cell="${step.cell}"`);
  }
  const part = [
    `<g class="step" tabindex="0" role="button" ${data.join(" ")} aria-label="${escaped(`${step.name}, ${where}`)}">`,
    `<rect class="${boxClass}" x="${left}" y="${top}" width="${BOX}" height="${height}" rx="4"/>`,
    `<rect class="kind ${kind}" x="${left}" y="${top}" width="5" height="${height}" rx="2"/>`,
    `<text class="where" text-anchor="end" x="${left + BOX - PADDING}" y="${top + ROW}">${escaped(where)}</text>`,
    ...rows.map((row, index) => line(row, left + PADDING, top + (index + 1) * ROW)),
    "</g>",
  ];
  return { part: part.join("\n"), height };
}

function rowsOf(step: Step, here: readonly Mark[]): Row[] {
  const rows: Row[] = [];
  const add = (tone: Tone, text: string) => rows.push(...wrapped(text).map((part) => ({ text: part, tone })));
  // The place stands on the same row.
  rows.push({
    text: shortened(`${step.name}${step.count === null ? "" : `(${known(step.count)})`}`, 30),
    tone: "title",
  });
  add("facts", `rows ${known(step.rows)}, partitions ${known(step.partitions)}`);
  add("facts", bound(step));
  for (const path of step.paths) {
    add("note", path);
  }
  for (const { column, evidence, why } of step.heavy) {
    add("heavy", `heavy: ${column} (${evidence ?? "?"}: ${why ?? "?"})`);
  }
  if (step.inflates.length > 0) {
    add("heavy", `makes heavy data: ${step.inflates.join(", ")}`);
  }
  if (step.opens.length > 0) {
    add("note", `opens what its column points to: ${step.opens.join(", ")}`);
  }
  for (const udf of step.udfs) {
    add("udf", udfText(udf));
  }
  for (const { code, level } of here) {
    add(level, `${code} (${level})`);
  }
  return rows;
}

function bound(step: Step): string {
  if (step.bound === null) {
    return "no bound on the rows of a call";
  }
  const by = step.bound.by === null ? "" : ` (by ${step.bound.by})`;
  return `at most ${known(step.bound.rows)} rows a call${by}`;
}

function udfText(udf: Udf): string {
  const options = (["batch_size", "max_concurrency", "gpus"] as const)
    .filter((key) => udf[key] !== null)
    .map((key) => `${key}=${known(udf[key])}`);
  const takes = udf.takes.length === 0 ? [] : [`takes ${udf.takes.join(", ")}`];
  return [`udf: ${udf.name} [${udf.kind}]`, ...takes, ...options].join(" ");
}

function arrow(from: Step, x: number, top: number, exchanged: boolean): string {
  const heavy = from.heavy.length > 0 ? "heavy" : "light";
  const end = top + GAP - 8;
  const parts = [
    `<line class="arrow ${heavy}" x1="${x}" y1="${top}" x2="${x}" y2="${end}"/>`,
    `<path class="tip ${heavy}" d="M ${x - 6} ${end} h 12 l -6 8 z"/>`,
  ];
  if (exchanged) {
    parts.push(`<text class="note" x="${x + PADDING}" y="${top + GAP / 2 + 4}">new partitions</text>`);
  }
  return parts.join("\n");
}

function line(row: Row, x: number, y: number): string {
  return `<text class="${row.tone}" x="${x}" y="${y}" xml:space="preserve">${escaped(row.text)}</text>`;
}

function known(value: number | string | null): string {
  return value === null ? "?" : typeof value === "number" ? value.toLocaleString("en-US") : value;
}

/** Lines of at most `CHARACTERS`, broken at blanks where there are any, the later ones indented. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(/\s+/)) {
    for (const part of word.match(new RegExp(`.{1,${CHARACTERS - 2}}`, "gu")) ?? []) {
      const longer = current === "" ? part : `${current} ${part}`;
      if (current !== "" && longer.length > CHARACTERS) {
        lines.push(current);
        current = `  ${part}`;
      } else {
        current = longer;
      }
    }
  }
  return [...lines, current];
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML and SVG hold it, without the control characters that neither allows. */
export function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "")
    .replace(/(?![\t\n])\p{Cc}|[\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** The page that shows a drawing. Nothing is loaded from elsewhere: the policy allows what carries the nonce. */
export function page(plan: Plan, marks: readonly Mark[], nonce: string, note: string): string {
  const limits = plan.limits.map((limit) => `<p class="limit">limit: ${escaped(limit)}</p>`).join("");
  const body = plan.pipelines.length === 0 ? "<p>No pipeline was found.</p>" : drawing(plan, marks);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<title>Plan</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
${note === "" ? "" : `<p class="limit">${escaped(note)}</p>`}
${body}
${limits}
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
body { padding: 0; color: var(--vscode-editor-foreground); background: var(--vscode-editor-background); }
p { margin: 12px 24px; }
.limit { color: var(--vscode-editorWarning-foreground, #b58900); }
svg { display: block; font: 12px/1 var(--vscode-editor-font-family, monospace), monospace; }
text { fill: var(--vscode-editor-foreground); }
text.title { font-weight: bold; }
text.note, text.where { fill: var(--vscode-descriptionForeground); }
text.heavy { fill: var(--vscode-charts-orange, #d18616); }
text.udf { fill: var(--vscode-charts-blue, #2472c8); }
text.error { fill: var(--vscode-editorError-foreground, #f14c4c); }
text.warning { fill: var(--vscode-editorWarning-foreground, #b58900); }
text.advice { fill: var(--vscode-editorInfo-foreground, #3794ff); }
.step { cursor: pointer; }
.step:focus { outline: none; }
.box { fill: var(--vscode-editorWidget-background, transparent); stroke: var(--vscode-editorWidget-border, #888); }
.box.error { stroke: var(--vscode-editorError-foreground, #f14c4c); stroke-width: 2; }
.box.warning { stroke: var(--vscode-editorWarning-foreground, #b58900); stroke-width: 2; }
.box.advice { stroke: var(--vscode-editorInfo-foreground, #3794ff); stroke-width: 2; }
.step:hover .box, .step:focus .box { stroke: var(--vscode-focusBorder, #007fd4); stroke-width: 2; }
.kind { fill: var(--vscode-descriptionForeground); }
.kind.source, .kind.sink { fill: var(--vscode-charts-green, #388a34); }
.kind.into_batches, .kind.partitions, .kind.re-cut, .kind.join, .kind.collect { fill: var(--vscode-charts-purple, #652d90); }
.arrow { stroke: var(--vscode-descriptionForeground); stroke-width: 1.5; }
.arrow.heavy { stroke: var(--vscode-charts-orange, #d18616); stroke-width: 5; }
.tip { fill: var(--vscode-descriptionForeground); }
.tip.heavy { fill: var(--vscode-charts-orange, #d18616); }
`;

const SCRIPT = `
const editor = acquireVsCodeApi();
const open = (event) => {
  const step = event.target.closest(".step");
  if (step !== null && (event.type === "click" || event.key === "Enter")) {
    const { path, line, cell } = step.dataset;
    editor.postMessage({ path, line: Number(line), cell: cell === undefined ? undefined : Number(cell) });
  }
};
document.addEventListener("click", open);
document.addEventListener("keydown", open);
const { x = 0, y = 0 } = editor.getState() ?? {};
window.scrollTo(x, y);
window.addEventListener("scroll", () => editor.setState({ x: window.scrollX, y: window.scrollY }));
`;
