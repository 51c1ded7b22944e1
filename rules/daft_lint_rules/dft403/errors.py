"""What stops a rewrite."""


class NoEquivalent(Exception):
    """The use has no equivalent in the current API; says why, to complete "… by hand: "."""
