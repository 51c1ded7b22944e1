"""Other programs that show the findings: editors, flake8."""
