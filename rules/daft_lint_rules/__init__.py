"""The rules of daft-lint: one module a rule, named by its code; the engine finds them by themselves."""
