"""What is read after each step, in the names that it has there."""

from __future__ import annotations

import pytest

from daft_lint.api.heavy import read_after
from daft_lint.pipeline.model import Reads
from tests.pipeline.chains import Chain, column, files
from tests.pipeline.dataflow.flows import one


@pytest.mark.parametrize(
    ("chain", "reads", "read", "unread"),
    [
        (files().then("limit", count=3), Reads.ALL, {"a", "b"}, set()),
        (files().then("limit", count=3), Reads.NONE, set(), {"a"}),
        (files().where("a"), Reads.NONE, {"a"}, {"b"}),
        (files().with_column("a", column("b")), Reads.ALL, {"b", "c"}, {"a"}),
        (files().with_column("a", column("a")), Reads.ALL, {"a"}, set()),
        (files().with_column(None, column(None)), Reads.NONE, {"a"}, set()),
        (files().select(column("a")).where("b"), Reads.ALL, {"a"}, {"b"}),
        (files().exclude("a"), Reads.ALL, {"b"}, {"a"}),
        (files().rename("a", "b").exclude("b"), Reads.ALL, {"c"}, {"a", "b"}),
        (files().rename("a", "b").select(column("b")), Reads.ALL, {"a"}, {"c"}),
    ],
)
def test_what_is_read_after_the_source(chain: Chain, reads: Reads, read: set[str], unread: set[str]) -> None:
    pipeline = one(chain, reads=reads)
    needs = read_after(pipeline)
    assert len(needs) == len(pipeline.operators)
    assert {name: needs[0].has(name) for name in (*read, *unread)} == {
        **dict.fromkeys(read, True),
        **dict.fromkeys(unread, False),
    }
