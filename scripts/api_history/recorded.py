"""What the older versions answered to the old texts of the pairs, kept so that the newest Daft alone can prove them.

Each line of `recorded.jsonl` has the digest of a script (and of the function that it binds), the versions that answered
so, and the answer. `python -m api_history prove --record` writes it; a pair that was changed since has no answer in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from api_history.proof import PAIRS, Answer, Pair, equal, job
from api_history.releases import Version, parse, spell

RECORDED = PAIRS / "recorded.jsonl"
RUNNER = Path(__file__).with_name("runner.py")
Answers = dict[tuple[str, Version], Answer]


def digest(pair: Pair) -> str:
    """Of all that the answer of an older version depends on."""
    return hashlib.sha256(f"{pair.binds_old or pair.binds}\n{pair.script(pair.old)}".encode()).hexdigest()[:16]


def read() -> Answers:
    """The recorded answers by the digest and the version."""
    lines = map(json.loads, RECORDED.read_text(encoding="utf-8").splitlines())
    return {(line["script"], parse(version)): line["answer"] for line in lines for version in line["versions"]}


def write(answers: Mapping[tuple[str, Version], Answer]) -> None:
    """One line for the versions that answered the same."""
    versions: dict[tuple[str, str], list[Version]] = {}
    for (script, version), answer in answers.items():
        versions.setdefault((script, json.dumps(answer, ensure_ascii=False)), []).append(version)
    RECORDED.write_text(
        "".join(
            json.dumps(
                {"script": script, "versions": [spell(v) for v in sorted(found)], "answer": json.loads(answer)},
                ensure_ascii=False,
            )
            + "\n"
            for (script, answer), found in sorted(versions.items())
        ),
        encoding="utf-8",
    )


def prove_installed(python: str, pairs: Sequence[Pair]) -> list[str]:
    """Run the new texts on the Daft of an environment, and compare with what is recorded; what is not as the pairs say.

    Raises `KeyError` for a pair whose answers are not recorded.
    """
    before = read()
    jobs = [job(str(number), pair.script(pair.new), pair.binds) for number, pair in enumerate(pairs)]
    done = subprocess.run(
        [python, RUNNER],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0"},
    )
    after = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    return [
        f"{pair.id}\n    {spell(version)}: {old}\n    now: {new}"
        for number, pair in enumerate(pairs)
        for version in pair.on
        for old, new in ((before[digest(pair), version], after[str(number)]),)
        if "error" in old or "error" in new or equal(pair, old, new) == pair.differs
    ]


def missing(pairs: Iterable[Pair]) -> list[str]:
    """The pairs that have a version whose answer is not recorded."""
    known = read()
    return [pair.id for pair in pairs if any((digest(pair), version) not in known for version in pair.on)]
