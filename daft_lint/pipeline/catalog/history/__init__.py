"""What the catalogue knows of Daft's API as tables: `api_history.tsv` (what changed) and `api_names.tsv` (what is)."""
