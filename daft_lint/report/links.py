"""Where the page of a rule lies on the documentation site."""

from __future__ import annotations

import os

from daft_lint.config import OWN_LETTERS

SITE = ""
"""The address that the site is published at; "": at none, and reports hold no links."""
VARIABLE = "DAFT_LINT_SITE"
"""The environment variable that names another address, of a site that somebody has built and serves."""


def site() -> str:
    """The address of the site, without a slash at its end; "" where there is none."""
    address = os.environ.get(VARIABLE, SITE).strip().rstrip("/")
    return address if address.startswith(("https://", "http://")) and address.isprintable() else ""


def rule_page(code: str) -> str | None:
    """The address of a rule's page; None for a rule of a plugin, and where there is no site."""
    base = site()
    return f"{base}/rules/{code}/" if base and code.startswith(OWN_LETTERS) else None
