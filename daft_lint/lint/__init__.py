"""From documents to findings."""
