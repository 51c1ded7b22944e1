"""`python -m daft_lint`."""

from daft_lint.cli import main

main()
