/** What `daft-lint plan --format json` prints. */

export interface Plan {
  readonly version: 1;
  readonly pipelines: readonly Pipeline[];
  readonly limits: readonly string[];
}

export interface Pipeline {
  readonly runner: string;
  readonly runner_is_set: boolean;
  readonly reads: string;
  readonly open_parameter: boolean;
  readonly steps: readonly Step[];
}

/** `null` and `?` stand for what is not known. */
export interface Step {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly line: number;
  /** In a notebook: its cell, from 1, where text cells count as well. */
  readonly cell?: number;
  readonly stage: number;
  readonly rows: number | null;
  readonly partitions: number | string;
  readonly bound: { readonly kind: string; readonly rows: number | null; readonly by: string | null } | null;
  readonly count: number | string | null;
  readonly paths: readonly string[];
  readonly heavy: readonly { readonly column: string; readonly evidence: string | null; readonly why: string | null }[];
  readonly udfs: readonly Udf[];
  readonly inflates: readonly string[];
  readonly opens: readonly string[];
}

export interface Udf {
  readonly name: string;
  readonly kind: string;
  readonly heavy: boolean;
  readonly takes: readonly string[];
  readonly batch_size: number | string | null;
  readonly max_concurrency: number | string | null;
  readonly gpus: number | string | null;
}

/** Throws an `Error` for what is no plan, or one of another version. */
export function planOf(text: string): Plan {
  const plan: unknown = JSON.parse(text);
  if (typeof plan !== "object" || plan === null || !("version" in plan) || plan.version !== 1) {
    throw new Error("This daft-lint writes its plans in another form than this extension reads.");
  }
  return plan as Plan;
}
