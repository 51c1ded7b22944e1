"""Does a private Ray hold the actors that a script asks for? Daft waits 120 s for those that it does not hold."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from daft_lint.api.promises import Measure
from daft_lint.api.rule import Rule
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.cluster import usable_cpus
from daft_lint_runtime.spec import ClusterSpec

if TYPE_CHECKING:
    from daft_lint.config import Config

CPUS_PER_CORE = 8
"""A core counts as so many CPUs at most. Ray only counts them, but each actor is a process with its own model."""
ACTOR_BYTES = 512 * 2**20
"""Free memory that there must be for each CPU: an actor with Daft imported takes some 200 MB before its model."""


def with_capacity(case: VerifyCase, asked: ClusterSpec, config: Config) -> VerifyCase:
    """The case on a cluster that holds its actors, where the user left the size open; with a note of what was done,
    or of what will be waited for. A case that has the shortage among its findings is to show it, and stays as it is.
    """
    if asked.address is not None or any(_is_about_capacity(case.rule_of(finding)) for finding in case.findings):
        return case
    cluster = replace(asked, cpus_per_node=asked.cpus_per_node or usable_cpus())
    short = shortage(case, cluster, config)
    if not short:
        return case
    if asked.cpus_per_node is None:
        most = min(CPUS_PER_CORE * usable_cpus(), psutil.virtual_memory().available // ACTOR_BYTES // asked.nodes)
        for cpus in range(usable_cpus() + 1, most + 1):
            larger = replace(asked, cpus_per_node=cpus)
            if not shortage(case, larger, config):
                note = f"Ray is told that a node has {cpus} CPUs, so that all actors start; this machine has"
                return replace(case, cluster=larger, notes=(f"{note} {usable_cpus()}",))
    return replace(case, notes=(f"{short}; --cpus-per-node and --gpus-per-node raise the capacity",))


def shortage(case: VerifyCase, cluster: ClusterSpec, config: Config) -> str:
    """What the rules on capacity say of either text on such a cluster; empty where it holds all actors."""
    from daft_lint.lint.engine import check_document
    from daft_lint.lint.registry import rules
    from daft_lint.pipeline.model import Cluster
    from daft_lint.source.document import Document

    codes = tuple(rule.code for rule in rules(case.plugins) if _is_about_capacity(rule))
    gpus = gpus_here() if cluster.gpus_per_node is None else cluster.gpus_per_node
    facts = Cluster(nodes=cluster.nodes, cpus_per_node=cluster.cpus_per_node, gpus_per_node=gpus)
    chosen = replace(config, select=codes, ignore=(), settings=replace(config.settings, cluster=facts))
    for text in (case.original, case.fixed):
        if text is not None:
            for finding in check_document(Document.from_bytes(case.path, text), chosen).findings:
                return f"line {finding.span.line}: {finding.observed}. {finding.impact}"
    return ""


def _is_about_capacity(rule: type[Rule]) -> bool:
    """Whether a rule promises a shorter wait for actors."""
    return any(promise.measure is Measure.FIRST_CALL for promise in rule.promises)


def gpus_here() -> int:
    """The NVIDIA GPUs of this machine, as its driver lists them."""
    folder = Path("/proc/driver/nvidia/gpus")
    return len(os.listdir(folder)) if folder.is_dir() else 0
