"""`daft-lint init`: surveys a project and proposes how to check it."""
