"""`daft-lint server`: what editors ask for, by the Language Server Protocol.

`texts`, `session` and `hover` know nothing of the protocol; `server` alone imports pygls, which the extra `lsp` brings.
"""
