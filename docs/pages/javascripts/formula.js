// The partition formula as daft_lint/api/formula.py has it, and the calculator on the page. The tests compare the two.
"use strict";

const LARGEST = 10n ** 15n;

const TASK_WORK = 520000n; // microseconds of work whose 5 % are the 26 ms of a task
const TASKS_PER_CALL = 64n;

/** The plan for whole numbers (BigInt): rows from 0, the others from 1; `batchTime` in microseconds, or null. */
function partitionPlan(rows, nodes, concurrency, batchSize, batchTime = null, skewed = false) {
  const minimumRows = (batchSize * concurrency + nodes - 1n) / nodes;
  const quotient = rows / minimumRows;
  const maximum = quotient > 1n ? quotient : 1n;
  const lower = nodes < maximum ? nodes : maximum;
  const rounded = oneSignificantDigit(maximum, 4n);
  let recommended = rounded > lower ? rounded : lower;
  recommended = recommended < maximum ? recommended : maximum;
  const spread = upToMultiple(upToMultiple(5n * concurrency, 2n) / 2n, nodes);
  const batches = upToMultiple(rows, batchSize) / batchSize;
  const affordable = batchTime === null ? null : (batches * batchTime) / TASK_WORK;
  const most = TASKS_PER_CALL * concurrency;
  let use = recommended < most ? recommended : most;
  if (batchTime !== null) {
    use = skewed || affordable >= spread ? spread : affordable - (affordable % nodes);
    use = use > nodes ? use : nodes;
    use = use < maximum ? use : maximum;
  }
  const fed = (rows + use - 1n) / use;
  const batchRows = upToMultiple(fed > minimumRows ? fed : minimumRows, batchSize);
  return { minimumRows, maximum, lower, rounded, recommended, spread, batches, affordable, use, batchRows };
}

function upToMultiple(number, unit) {
  return ((number + unit - 1n) / unit) * unit;
}

/** number / parts, rounded to one significant digit and to a whole number, halves up. */
function oneSignificantDigit(number, parts) {
  let unit = 1n;
  while (number >= 10n * unit * parts) unit *= 10n;
  return ((2n * number + unit * parts) / (2n * unit * parts)) * unit;
}

/** A whole number from what somebody typed (`1_000_000`, `1,000,000`), or null. */
function wholeNumber(text, least) {
  const digits = text.trim().replace(/[ _,']/g, "");
  if (!/^[0-9]{1,16}$/.test(digits)) return null;
  const number = BigInt(digits);
  return number >= least && number <= LARGEST ? number : null;
}

/** Seconds that somebody typed, above 0, as microseconds (BigInt, at least 1), or null. */
function microseconds(text) {
  const seconds = /^[0-9]*\.?[0-9]+$/.test(text.trim()) ? Number(text) : 0;
  return seconds > 0 && seconds < 1e9 ? BigInt(Math.max(Math.round(seconds * 1e6), 1)) : null;
}

function grouped(number) {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

function quarterOf(number) {
  return grouped(number / 4n) + ["", ".25", ".5", ".75"][Number(number % 4n)];
}

const FIELDS = [
  ["rows", 0n],
  ["nodes", 1n],
  ["concurrency", 1n],
  ["batch-size", 1n],
];

/** How the number of partitions to use comes about. */
function used(given, plan, batchTime, skewed) {
  const calls = grouped(given[2]);
  if (batchTime === null) return `the recommended, but at most ${TASKS_PER_CALL} × ${calls} concurrent calls`;
  const least = `2.5 × ${calls} concurrent calls, as many on each node, is ${grouped(plan.spread)}`;
  const paid = `${grouped(plan.batches)} batches pay for ${grouped(plan.affordable)} tasks of 26 ms (5 % of the work)`;
  return `${least}; ${skewed ? "needed for skewed rows" : paid}; from the nodes to the maximum`;
}

function explained(given, plan, batchTime, skewed) {
  const held = plan.rounded === plan.recommended ? "" : plan.rounded < plan.recommended
    ? ", held to the lower bound" : ", held to the maximum";
  return [
    ["minimum rows per partition", plan.minimumRows,
      `batch size ${grouped(given[3])} × (${grouped(given[2])} concurrent calls / ${grouped(given[1])} nodes), rounded up`],
    ["maximum partitions", plan.maximum,
      `${grouped(given[0])} rows / ${grouped(plan.minimumRows)} rows, rounded down, at least 1`],
    ["lower bound", plan.lower, `${grouped(given[1])} nodes, but never above the maximum`],
    ["recommended partitions", plan.recommended,
      `a quarter of ${grouped(plan.maximum)} is ${quarterOf(plan.maximum)}, to one significant digit ${grouped(plan.rounded)}${held}`],
    ["partitions to use", plan.use, used(given, plan, batchTime, skewed)],
    ["rows of an into_batches", plan.batchRows, `which makes as many partitions, in a multiple of ${grouped(given[3])}`],
  ];
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function show(root) {
  const given = FIELDS.map(([name, least]) => {
    const input = root.querySelector(`[name="${name}"]`);
    const number = wholeNumber(input.value, least);
    input.setAttribute("aria-invalid", String(number === null));
    return number;
  });
  const typed = root.querySelector('[name="seconds-per-batch"]');
  const batchTime = microseconds(typed.value);
  const wrong = typed.value.trim() !== "" && batchTime === null;
  typed.setAttribute("aria-invalid", String(wrong));
  const skewed = root.querySelector('[name="skewed"]').checked;
  const output = root.querySelector("output");
  output.replaceChildren();
  if (given.includes(null) || wrong) {
    output.append(element("p", "problem", "Whole numbers, please: rows from 0, the others from 1, up to 10^15; seconds above 0."));
    return;
  }
  const plan = partitionPlan(...given, batchTime, skewed);
  output.append(element("p", "answer", `.repartition(${plan.use})`));
  const list = element("dl", "", "");
  for (const [name, number, why] of explained(given, plan, batchTime, skewed)) {
    list.append(element("dt", "", name), element("dd", "number", grouped(number)), element("dd", "why", why));
  }
  output.append(list);
}

function start(root) {
  const asked = new URLSearchParams(window.location.search);
  for (const name of [...FIELDS.map(([field]) => field), "seconds-per-batch"]) {
    const input = root.querySelector(`[name="${name}"]`);
    if (asked.has(name)) input.value = asked.get(name);
    input.addEventListener("input", () => show(root));
  }
  const box = root.querySelector('[name="skewed"]');
  box.checked = asked.has("skewed");
  box.addEventListener("input", () => show(root));
  show(root);
}

if (typeof document !== "undefined") {
  document.querySelectorAll(".calculator").forEach(start);
} else {
  module.exports = { partitionPlan, wholeNumber, microseconds };
}
