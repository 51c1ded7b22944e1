"""For code bases that have findings already: known findings, changed lines, suppressions."""
