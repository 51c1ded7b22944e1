"""Which rule speaks where several could: a rule is silent where one that it yields to has the first word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daft_lint.api.rule import Observation, Rule


def in_order(chosen: Sequence[type[Rule]], known: Iterable[type[Rule]]) -> tuple[type[Rule], ...]:
    """The chosen rules and those that they yield to, chosen or not, each after those that it yields to."""
    by_code = {rule.code: rule for rule in known}
    ordered: dict[type[Rule], None] = {}
    entered: set[type[Rule]] = set()

    def add(rule: type[Rule]) -> None:
        if rule not in entered:
            entered.add(rule)
            for code in rule.yields_to:
                if code in by_code:
                    add(by_code[code])
            ordered[rule] = None

    for rule in chosen:
        add(rule)
    return tuple(ordered)


class Precedence:
    """What the rules have spoken of so far in one script."""

    def __init__(self) -> None:
        self._claims: dict[str, set[tuple[int, int | None]]] = {}

    def admits(self, rule: type[Rule], observation: Observation, pipeline: int = 0) -> bool:
        """Whether no rule that this one yields to spoke of the same place, or of the same stage of the `pipeline` (its
        number in the script); if so, the observation counts for the rules that yield to this one."""
        subjects: set[tuple[int, int | None]] = {(id(observation.location.node), None)}
        if observation.operator is not None:
            subjects.add((pipeline, observation.operator.stage))
        if any(subjects & self._claims.get(code, set()) for code in rule.yields_to):
            return False
        self._claims.setdefault(rule.code, set()).update(subjects)
        return True
