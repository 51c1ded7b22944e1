"""DFT401: a lazy transformation whose result is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import catalog, cst
from daft_lint.api.edits import InsertBefore
from daft_lint.api.nodes import has_open_parameter, method_location, short_code
from daft_lint.api.promises import Changes
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.api.scopes import ModuleScopes
from daft_lint.pipeline.model import DiscardedStep, NodeRef, Script, StepKind

KEEPS_ROWS_AND_ORDER = frozenset({"into_partitions"})
"""Steps that change neither the rows nor their order (e4)."""


class DiscardedDataframe(ScriptRule):
    """A lazy transformation whose result is dropped: `df.repartition(8)` as a statement of its own.

    ## Why
    A DataFrame is immutable and lazy: each method returns a new one and changes nothing in the old one (experiment
    e6). A statement that drops the new one does nothing at all: the filter, the column or the fan-out is not there when
    the query runs, and no error says so.

    ## Example

        df = daft.read_parquet("s3://lake/pages/*.parquet")
        df.repartition(64)
        df.where(df["lang"] == "en")
        df.write_parquet("s3://lake/english")              # all languages, as many partitions as files

    becomes

        df = daft.read_parquet("s3://lake/pages/*.parquet")
        df = df.repartition(64)
        df = df.where(df["lang"] == "en")
        df.write_parquet("s3://lake/english")

    ## Fix
    Assigns the result back to the name that the chain begins with. It is unsafe, since the script then does what it did
    not do before: other rows, other columns, another order. For `into_partitions` it is safe.

    ## Options
    None. The last expression of a notebook cell, or of an example in Markdown, is shown, so it is not reported; nor
    are `show`, `collect` and writes, which run at once.
    """

    code = "DFT401"
    name = "discarded-dataframe"
    level = Level.ERROR
    trigger_words = tuple(sorted(name for name, spec in catalog.STEPS.items() if spec.lazy))
    fixable = True
    changes = Changes.RESULTS

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return prescan.drops_result_of(frozenset(cls.trigger_words))

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for discarded in script.discarded:
            node = id(discarded.step.call.node)
            if node not in seen:
                seen.add(node)
                yield self._observation(discarded)

    def _observation(self, discarded: DiscardedStep) -> Observation:
        step, target = discarded.step, _target(discarded)
        begin = target if target is not None else "df"
        written = short_code(step.call.node, 60)
        return Observation(
            location=method_location(step),
            level=self.level.lowered() if has_open_parameter(step) else self.level,
            observed=f"The DataFrame that `{step.name}` returns is dropped",
            impact="The statement does nothing: a DataFrame is immutable, and"
            f" {'the one that it is called on' if target is None else f'`{target}`'} stays as it is",
            suggestion=f"Write `{begin} = {written}`",
            fix=_fix(discarded),
        )


def _target(discarded: DiscardedStep) -> str | None:
    """The name to assign back to; None for a chain that begins with a reader, whose first name is a module's."""
    links: set[int] = set()
    node: cst.CSTNode = discarded.step.call.node
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        links.add(id(node))
        node = node.func.value
    step = discarded.step
    while step.kind is not StepKind.SOURCE and step.parents:
        step = step.parents[0]
    begins_chain = step.kind is StepKind.SOURCE and id(step.call.node) in links
    return None if begins_chain else discarded.target


def _statement(discarded: DiscardedStep, statement: NodeRef) -> NodeRef:
    """The call's own statement, where it shares its line with others (`a = b; df.limit(3)`); the call itself where it
    stands on the line of a `for` or an `if`."""
    if not isinstance(statement.node, cst.SimpleStatementLine):
        return discarded.step.call
    small = statement.node.body
    own = (s for s in small if isinstance(s, cst.Expr) and s.value is discarded.step.call.node)
    return next((NodeRef(statement.cell, s) for s in own), statement)


def _fix(discarded: DiscardedStep) -> Fix | None:
    step, target = discarded.step, _target(discarded)
    if target is None or step.statement is None or not _is_read_after(step.statement, target):
        return None
    return Fix(
        title=f"Assign the result back to `{target}`",
        actions=(InsertBefore(_statement(discarded, step.statement), f"{target} = "),),
        why_unsafe=None
        if step.name in KEEPS_ROWS_AND_ORDER
        else f"`{step.name}` had no effect until now; with one, the rows, the columns or their order can change",
    )


def _is_read_after(statement: NodeRef, target: str) -> bool:
    """Whether anything can read the variable later; else nothing would run what is assigned to it."""
    cell, root = statement.cell, target.partition(".")[0]
    if cell.document.kind != "python":
        return True
    scopes = ModuleScopes.of(cell)
    node = statement.node
    return scopes.mentions_after(root, node) or scopes.is_in_loop(node, scopes.scope_of(node))
