"""DFT412: a join that Daft refuses."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import Script, Step

_HOW, _STRATEGY = "4", "5"
"""The positions of `how` and `strategy` among the arguments of `join`."""
_KEYS = ("on", "left_on", "right_on", "1", "2", "3")


class ImpossibleJoin(ScriptRule):
    """A join with options that exclude each other: `broadcast` with `outer`, `sort_merge` with anything but `inner`,
    `cross` with a key.

    ## Why
    Daft has no such join: the line raises a ValueError (experiment e19). A broadcast join sends one side to all
    partitions of the other, so no task sees which of its rows match nothing anywhere; the sort-merge join is built for
    inner joins; a cross join pairs each row with each, so it has no key.

    ## Example

        df = visits.join(users, on="user", how="outer", strategy="broadcast")
        df = visits.join(users, on="user", how="left", strategy="sort_merge")
        df = colors.join(sizes, on="id", how="cross")

    becomes

        df = visits.join(users, on="user", how="outer")
        df = visits.join(users, on="user", how="left")
        df = colors.join(sizes, how="cross")

    ## Fix
    None: the script does not say which of the two options is meant.

    ## Options
    None.
    """

    code = "DFT412"
    name = "impossible-join"
    level = Level.ERROR
    trigger_words = ("join",)
    ends = (Failure("ValueError", "when the line runs"),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for step in script.steps:
            found = _contradiction(step) if step.name == "join" else None
            if found is None or id(step.call.node) in seen:
                continue
            seen.add(id(step.call.node))
            observed, suggestion = found
            yield Observation(
                location=method_location(step),
                level=self.level,
                observed=observed,
                impact="Daft has no such join: this line raises a ValueError",
                suggestion=suggestion,
            )


def _contradiction(step: Step) -> tuple[str, str] | None:
    """What excludes what, and what to write."""
    options = step.options
    how = options.get("how", options.get(_HOW, "inner"))
    strategy = options.get("strategy", options.get(_STRATEGY))
    if how == "cross" and any(options.get(key) is not None for key in _KEYS):
        return "A `cross` join with a key", 'Drop the key, or join by it with `how="inner"`'
    if strategy == "broadcast" and how == "outer":
        return '`strategy="broadcast"` in an `outer` join', "Leave the strategy out, so that Daft chooses one"
    if strategy == "sort_merge" and isinstance(how, str) and how != "inner":
        return f'`strategy="sort_merge"` in a join that is `{how}`', "Leave the strategy out, so that Daft chooses one"
    return None
