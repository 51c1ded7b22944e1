"""`daft-lint verify`, `profile` and `tune`: commands of the companion runtime, which is imported when they run."""

from __future__ import annotations

import importlib

import click

from daft_lint.cli.extras import require_extra


class RuntimeCommand(click.Command):
    """A command of the companion runtime; it gets its arguments unparsed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return []

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The runtime's own options when a shell completes them; otherwise all arguments pass unparsed."""
        return self.imported().get_params(ctx) if ctx.resilient_parsing else super().get_params(ctx)

    def imported(self) -> click.Command:
        """The runtime's own command, which knows its options."""
        command = getattr(importlib.import_module("daft_lint_runtime.cli"), self.name or "")
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        own = ctx.args[: ctx.args.index("--")] if "--" in ctx.args else ctx.args
        if not set(own) & set(ctx.help_option_names):
            require_extra("daft", "runtime", f"daft-lint {self.name}")
        return self.imported().main(
            ctx.args, prog_name=ctx.command_path, standalone_mode=False, help_option_names=ctx.help_option_names
        )


verify = RuntimeCommand("verify", help="Run scripts on Ray before and after their fixes, and measure the difference.")
profile = RuntimeCommand("profile", help="Run a script once and record the sizes of its sources for check.")
tune = RuntimeCommand("tune", help="Run a script with other numbers, and show which of them are equally fast.")
