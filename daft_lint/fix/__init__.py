"""From findings to edits and new text."""
