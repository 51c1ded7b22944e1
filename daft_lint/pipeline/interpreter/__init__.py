"""From LibCST statements to the steps of DataFrames.

- `interpreter` has the entry, `interpret`, and the recursion; `protocol` is what its parts see of it.
- Python: `simple_statements`, `compound_statements`, `assignments`, `imports`, `expressions`, `comprehensions`,
  `attributes`, `calls`, `method_calls`, `inlining`, `uncalled`, `builtin_calls`, `library_calls`, `container_methods`.
- Daft: `daft_functions`, `dataframe_methods`, `step_columns`, `steps`, `sources`, `source_facts`, `sql`,
  `daft_expressions`, `expression_methods`, `udfs`, `udf_options`, `udf_calls`, `name_resolver`.
- Values: `values`, `definitions`, `arguments`, `arithmetic`, `scopes`.
- Across files: `project`, `constant_names`. What was found: `recorder`.
"""

from daft_lint.source import cst

cst.load()
