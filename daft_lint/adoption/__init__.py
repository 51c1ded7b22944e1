"""Old code bases: known findings, changed lines, suppressions."""
