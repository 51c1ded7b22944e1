"""What the engine reports itself. Like every rule, these have metadata and documentation; the engine runs them by hand.

They are reported whatever words a file holds, so that they have no trigger words.
"""

from __future__ import annotations

from daft_lint.api.finding import SYNTAX_ERROR
from daft_lint.api.rule import Level, Rule


class SyntaxErrorRule(Rule):
    """A file that does not parse: nothing in it can be checked.

    The finding stands where the parser gave up. A notebook's cell or a Markdown block that does not parse is skipped
    instead, and `--verbose` names it. No comment suppresses this finding.
    """

    code = SYNTAX_ERROR
    name = "syntax-error"
    level = Level.ERROR
    trigger_words = ()


class UnusedSuppression(Rule):
    """A suppression that silences nothing, or a `# daft-lint:` comment that is not understood, or whose facts are about
    no source.

    The first would hide a later finding, the others have no effect. Remove the comment, or write it as it was meant.
    Files that do not mention daft are not read for comments.

    The fix takes out the codes that silence nothing, or the comment with its reason where none is left; what the same
    line says to other tools stays. It is safe in notebooks and Markdown. In scripts it is unsafe: a file that imports
    the script, and is not checked together with it, may lead to a finding here.
    """

    code = "DFT002"
    name = "unused-suppression"
    level = Level.ADVICE
    trigger_words = ()
    fixable = True


ENGINE_RULES: tuple[type[Rule], ...] = (SyntaxErrorRule, UnusedSuppression)
