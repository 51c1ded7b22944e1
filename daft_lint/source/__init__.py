"""A file as LibCST modules, and back to bytes."""
