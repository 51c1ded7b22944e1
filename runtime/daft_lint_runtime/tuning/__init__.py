"""`daft-lint tune`: the numbers of a script that matter, measured at several values each.

`numbers` finds them in the pipeline model, `candidates` says which values are worth a run, `session` runs and times
them in turn on one Ray, `plateau` says which are equal within the noise and `summary` which of these to write.
"""
