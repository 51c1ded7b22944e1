"""What is known of the cluster that a script is for, and who says so: the configuration, and job files beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daft_lint.config import Config
from daft_lint.init.jobs import KEYS, job_facts, settled
from daft_lint.report.plan import ClusterFact


def cluster_facts(config: Config, path: str) -> tuple[ClusterFact, ...]:
    """The facts for the script at `path`: those of its configuration, and for other keys what job files agree on."""
    configured = tuple(_configured(config))
    known = {fact.key for fact in configured}
    others = settled(job_facts(project_of(config, path)))
    found = (
        ClusterFact(key, fact.value, fact.origin, configured=False) for key, fact in others.items() if key not in known
    )
    return (*configured, *found)


def _configured(config: Config) -> Iterator[ClusterFact]:
    cluster = config.settings.cluster
    origin = config.file.name if config.file is not None else "the configuration"
    for key in (*KEYS, "total-concurrency"):
        value = getattr(cluster, key.replace("-", "_"))
        if value is not None:
            shown = value if isinstance(value, int | float) else str(value.value)
            yield ClusterFact(key, shown, origin, configured=True)


def project_of(config: Config, path: str) -> Path:
    """The folder of the project: of its configuration, else of the repository, else of the script."""
    folder = Path(path).resolve().parent
    if config.file is not None:
        return config.root
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
