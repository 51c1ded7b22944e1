// The partition formula as daft_lint/api/formula.py has it, and the calculator on the page. The tests compare the two.
"use strict";

const LARGEST = 10n ** 15n;

/** The plan for whole numbers (BigInt): rows from 0, the others from 1. */
function partitionPlan(rows, nodes, concurrency, batchSize) {
  const minimumRows = (batchSize * concurrency + nodes - 1n) / nodes;
  const quotient = rows / minimumRows;
  const maximum = quotient > 1n ? quotient : 1n;
  const lower = nodes < maximum ? nodes : maximum;
  const rounded = oneSignificantDigit(maximum, 4n);
  let recommended = rounded > lower ? rounded : lower;
  recommended = recommended < maximum ? recommended : maximum;
  return { minimumRows, maximum, lower, rounded, recommended };
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

function explained(given, plan) {
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
  const output = root.querySelector("output");
  output.replaceChildren();
  if (given.includes(null)) {
    output.append(element("p", "problem", "Whole numbers, please: rows from 0, the others from 1, up to 10^15."));
    return;
  }
  const plan = partitionPlan(...given);
  output.append(element("p", "answer", `.repartition(${plan.recommended})`));
  const list = element("dl", "", "");
  for (const [name, number, why] of explained(given, plan)) {
    list.append(element("dt", "", name), element("dd", "number", grouped(number)), element("dd", "why", why));
  }
  output.append(list);
}

function start(root) {
  const asked = new URLSearchParams(window.location.search);
  for (const [name] of FIELDS) {
    const input = root.querySelector(`[name="${name}"]`);
    if (asked.has(name)) input.value = asked.get(name);
    input.addEventListener("input", () => show(root));
  }
  show(root);
}

if (typeof document !== "undefined") {
  document.querySelectorAll(".calculator").forEach(start);
} else {
  module.exports = { partitionPlan, wholeNumber };
}
