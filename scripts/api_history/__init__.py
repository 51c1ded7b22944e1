"""The public API of each published Daft, its differences, and the proof of the rewrites in `api_history.tsv`."""
