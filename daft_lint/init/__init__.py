"""`daft-lint init`: a look at a project, and a proposal."""
