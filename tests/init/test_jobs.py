"""Job files: what they say of a cluster, where they differ, and where `init` and `plan` show it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from daft_lint.init.jobs import JobFact, in_words, job_facts, settled
from daft_lint.init.outline import documents
from tests.helpers import FIXABLE, lint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST = """\
apiVersion: v1
kind: ConfigMap
data:
  replicas: 99
---
# one cluster
apiVersion: ray.io/v1
kind: RayCluster
spec:
  headGroupSpec:
    rayStartParams: {{num-cpus: "{head}"}}
    template:
      spec:
        containers:
          - name: ray-head
            resources: {{limits: x}}
  workerGroupSpecs:
  - groupName: small
    replicas: 3
    minReplicas: 3
    maxReplicas: {most}
    template:
      spec:
        initContainers:
        - resources:
            limits:
              cpu: 64
        containers:
        - name: ray-worker
          command: |
            replicas: 50
          env:
          - name: DAFT_RUNNER
            value: "ray"
          resources:
            requests:
              cpu: "1"
            limits:
              cpu: "7500m"  # rounded up
              nvidia.com/gpu: 2
  - groupName: more
    replicas: 1
    numOfHosts: 2
    rayStartParams:
      num-cpus: '8'
      num-gpus: "2"
"""


def facts(folder: Path, **files: str) -> dict[str, list[tuple[str | int, str]]]:
    """What job files with these texts say, by key."""
    for name, text in files.items():
        (folder / name.replace("__", "/")).parent.mkdir(exist_ok=True)
        (folder / name.replace("__", "/").replace("_", ".")).write_text(text, encoding="utf-8")
    found: dict[str, list[tuple[str | int, str]]] = {}
    for fact in job_facts(folder):
        found.setdefault(fact.key, []).append((fact.value, fact.origin))
    return found


def test_a_manifest_of_kuberay(tmp_path: Path) -> None:
    assert facts(tmp_path, k8s__ray_yaml=MANIFEST.format(head=0, most=3)) == {
        "runner": [("ray", "k8s/ray.yaml:34")],
        "nodes": [(5, "k8s/ray.yaml:42")],
        "cpus-per-node": [(8, "k8s/ray.yaml:45")],
        "gpus-per-node": [(2, "k8s/ray.yaml:46")],
    }


def test_a_head_that_takes_tasks_is_a_node_and_groups_that_differ_say_no_size(tmp_path: Path) -> None:
    found = facts(tmp_path, ray_yml=MANIFEST.format(head=2, most=3))
    assert found["nodes"] == [(6, "ray.yml:42")]
    assert found.keys() == {"runner", "nodes"}


def test_a_cluster_that_grows_has_no_number_of_nodes(tmp_path: Path) -> None:
    assert "nodes" not in facts(tmp_path, ray_yaml=MANIFEST.format(head=0, most=9))


@pytest.mark.parametrize("value", ["{{ .Values.replicas }}", "three", "9" * 5000], ids=["helm", "word", "digits"])
def test_what_a_template_fills_in_is_not_known(value: str, tmp_path: Path) -> None:
    text = MANIFEST.format(head=0, most=3).replace(" replicas: 3", f" replicas: {value}", 1)
    assert "nodes" not in facts(tmp_path, ray_yaml=text)


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: ray.io/v1\nkind: Deployment\nspec:\n  replicas: 3\n",
        "apiVersion: ray.io/v1\nkind: [\n",
        "apiVersion: ray.io/v1\nkind: RayJob\nworkerGroupSpecs:\n  a: 1\n",
        "apiVersion: ray.io/v1\nkind: RayJob\n" + "- " * 200_000 + "a: 1\n",
    ],
    ids=["deployment", "broken", "no_list", "deep"],
)
def test_other_manifests_say_nothing(text: str, tmp_path: Path) -> None:
    assert facts(tmp_path, a_yaml=text) == {}


@pytest.mark.parametrize(
    ("name", "text", "runner"),
    [
        ("submit_sh", 'cd jobs\nray job submit --address "$RAY_ADDRESS" \\\n  -- python a.py\n', "ray"),
        ("submit_sh", "# ray job submit -- python a.py\n", None),
        ("Makefile", "run:\n\tray job submit -- python a.py\n", "ray"),
        ("Dockerfile", "FROM python:3.12\nENV DAFT_RUNNER=native\n", "native"),
        ("Dockerfile", "FROM python:3.12\nENV DAFT_RUNNER ray\n", "ray"),
        ("_env", "DAFT_RUNNER='ray'\n", "ray"),
        ("_env", "# DAFT_RUNNER=ray\nDAFT_RUNNER=\n", None),
        ("job_sh", "export DAFT_RUNNER=${DAFT_RUNNER:-ray}\n", None),
        ("compose_yaml", "services:\n  a:\n    environment:\n      DAFT_RUNNER: ray\n", "ray"),
        ("runtime_yaml", "env_vars: {\"DAFT_RUNNER\": \"native\"}\n", "native"),
        ("notes_txt", "DAFT_RUNNER=ray\n", None),
    ],
)  # fmt: skip
def test_runners(name: str, text: str, runner: str | None, tmp_path: Path) -> None:
    found = facts(tmp_path, **{name: text})
    assert [value for value, _ in found.get("runner", [])] == ([] if runner is None else [runner])


def test_ray_start(tmp_path: Path) -> None:
    text = "#!/bin/sh\nray start --head --num-cpus=0 && true\nray start --address x \\\n  --num-cpus 16 --num-gpus=4\n"
    assert facts(tmp_path, up_sh=text) == {
        "cpus-per-node": [(16, "up.sh:4")],
        "gpus-per-node": [(4, "up.sh:4")],
    }


def test_files_that_differ_settle_nothing(tmp_path: Path) -> None:
    facts(tmp_path, a_env="DAFT_RUNNER=ray\n", b_env="DAFT_RUNNER=native\n", c_env="DAFT_RUNNER=ray\n")
    found = job_facts(tmp_path)
    assert settled(found) == {}
    assert in_words(found) == "runner ray (a.env:1, c.env:1) or native (b.env:1)"
    assert settled(found[:1]) == {"runner": JobFact("runner", "ray", "a.env:1")}


def test_folders_of_tools_and_environments_are_left_out(tmp_path: Path) -> None:
    for folder in (".github", "node_modules", "env", "a/b/c/d/e"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.env").write_text("DAFT_RUNNER=ray\n")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    assert job_facts(tmp_path) == ()


@pytest.mark.parametrize(
    "text",
    ["- - - a: 1\n", "a: |\n\n  b: 1\nc: 2\n", "? x\n: y\n", "\t- a: {{{{\n", "a:\n- b: 1\n-\n- c: 2\n", "---\n---\n"],
)
def test_any_layout_is_passed_over_or_read(text: str) -> None:
    assert [entry for document in documents(text) for entry in document if not 0 < entry.line <= text.count("\n")] == []


def test_items_below_their_key_and_indented_ones_are_the_same() -> None:
    flat, indented = ("a:\n- b: 1\n  c: 2\n- b: 3\nd: 4\n", "a:\n  - b: 1\n    c: 2\n  - b: 3\nd: 4\n")
    (first,), (second,) = (list(documents(text)) for text in (flat, indented))
    assert first == second
    assert [entry.path for entry in first] == [("a", 0, "b"), ("a", 0, "c"), ("a", 1, "b"), ("d",)]


def test_init_proposes_them_and_plan_shows_them(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text(FIXABLE.replace("daft.set_runner_native()\n", ""))
    (tmp_path / ".git").mkdir()
    (tmp_path / "ray.yaml").write_text(MANIFEST.format(head=0, most=3))
    shown = lint(tmp_path, "init").stdout
    assert "runner           set by no script\n" in shown
    assert "cluster          runner ray (ray.yaml:34), nodes 5 (ray.yaml:42), cpus-per-node 8 (ray.yaml:45)" in shown
    plan = lint(tmp_path, "plan", "jobs/a.py").stdout
    assert plan.startswith(
        "only in job files, so that no rule goes by it: runner ray (ray.yaml:34), nodes 5 (ray.yaml:42)"
    )
    assert lint(tmp_path, "init", "--write").returncode == 0
    written = tomllib.loads((tmp_path / "daft-lint.toml").read_text())
    assert written["cluster"] == {"runner": "ray", "nodes": 5, "cpus-per-node": 8, "gpus-per-node": 2}
    plan = lint(tmp_path, "plan", "jobs/a.py").stdout
    assert plan.startswith("cluster: runner ray (daft-lint.toml), nodes 5 (daft-lint.toml), ")
    found = json.loads(lint(tmp_path, "plan", "jobs/a.py", "--format", "json").stdout)["cluster_facts"]
    assert found[1] == {"key": "nodes", "value": 5, "origin": "daft-lint.toml", "configured": True}
