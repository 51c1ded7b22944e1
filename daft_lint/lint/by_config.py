"""Checks files that different configurations are for, and makes one report of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from daft_lint.lint.results import Outcome, Progress, Report, SourceFile
from daft_lint.lint.runner import check_files, merged, outcomes_of, read_all

if TYPE_CHECKING:
    from daft_lint.config import Config, Configured
    from daft_lint.lint.cache import Cache


def check_by_config(
    files: Sequence[str],
    configs: Configured,
    *,
    jobs: int = 1,
    cache_of: Callable[[Config], Cache | None] = lambda _config: None,
    progress: Progress | None = None,
) -> Report:
    """Check files, each with its own configuration; `cache_of` gives the cache of a configuration."""
    groups = by_config(files, configs)
    if len(groups) == 1:
        ((config, group),) = groups
        return check_files(group, config, jobs=jobs, cache=cache_of(config), progress=progress)
    sources, problems = read_all(files)
    outcomes: dict[str, Outcome] = {}
    for config, group in by_config([source.path for source in sources], configs):
        members = set(group)
        done = _checked([source for source in sources if source.path in members], config, jobs, cache_of, progress)
        outcomes |= {outcome.result.path: outcome for outcome in done}
    return merged(sources, [outcomes[source.path] for source in sources], problems, len(files), configs)


def by_config(files: Sequence[str], configs: Configured) -> list[tuple[Config, list[str]]]:
    """The files of each configuration, in the order of their first files."""
    grouped: dict[int, tuple[Config, list[str]]] = {}
    for file in files:
        config = configs.of(file)
        grouped.setdefault(id(config), (config, []))[1].append(file)
    return list(grouped.values())


def _checked(
    sources: Sequence[SourceFile],
    config: Config,
    jobs: int,
    cache_of: Callable[[Config], Cache | None],
    progress: Progress | None,
) -> list[Outcome]:
    cache = cache_of(config)
    if cache is not None:
        cache.take(sources)
    done = outcomes_of(sources, config, jobs=jobs, cache=cache, progress=progress)
    if cache is not None:
        # What these files alone would report: a later run over them, and no others, finds it.
        cache.save(sources, done, merged(sources, done, (), len(sources), config))
    return done
