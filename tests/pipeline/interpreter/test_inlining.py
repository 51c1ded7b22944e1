"""Calls of a script's own functions: how arguments meet parameters."""

from __future__ import annotations

import pytest

from tests.pipeline.interpreter.scripts import constant_in, read


@pytest.mark.parametrize(
    ("parameters", "arguments", "value"),
    [
        ("n", "8", 8),
        ("n=8", "", 8),
        ("m, n=8", "1, 9", 9),
        ("m, /, n", "1, n=9", 9),
        ("m, *, n", "1, n=9", 9),
        ("m, *, n=8", "1", 8),
        ("m, *, n=8", "1, 2, n=3", 3),
        ("*args, n=8", "1, 2", 8),
        ("n, *args", "*[7, 8]", 7),
        ("n, **options", "**{'n': 7}", 7),
        ("n", "unknown", None),
        ("n=8", "unknown", None),
    ],
)
def test_arguments_meet_parameters(parameters: str, arguments: str, value: int | None) -> None:
    assert constant_in(f"f({arguments})", f"def f({parameters}):\n    return n\n") == value


def test_what_is_left_over_is_collected() -> None:
    function = "def f(a, *args, b, **options):\n    return args[0] + options['c']\n"
    assert constant_in("f(1, 2, b=3, c=4)", function) == 6
    assert constant_in("f(1, b=3, c=4)", function) is None


@pytest.mark.parametrize("call", ["A().method(8)", "A.of(8)", "A().of(8)", "A.static(8)", "A().static(8)", "A()(8)"])
def test_methods_get_their_receiver(call: str) -> None:
    definition = """
        class A:
            def method(self, n):
                return n
            @classmethod
            def of(cls, n):
                return cls.static(n)
            @staticmethod
            def static(n):
                return n
            def __call__(self, n):
                return self.method(n)
    """
    assert constant_in(call, definition) == 8


@pytest.mark.parametrize("call", ["B(8).n", "B(8).twice()", "C(4).n", "D.make()"])
def test_super_is_the_base_of_the_class_that_the_method_stands_in(call: str) -> None:
    definition = """
        class A:
            def __init__(self, n=None):
                self.n = n
            def twice(self):
                return self.n
            @classmethod
            def make(cls):
                return 8
        class B(A):
            def __init__(self, m):
                super().__init__(n=m)
            def twice(self):
                return super(B, self).twice()
        class C(B):
            def __init__(self, m):
                super().__init__(m * 2)
        class D(A):
            @classmethod
            def make(cls):
                return super().make()
    """
    assert constant_in(call, definition) == 8


@pytest.mark.parametrize(
    ("test", "value"),
    [
        ("isinstance('x', str)", True),
        ("isinstance('x', (list, str))", True),
        ("isinstance(['x'], str)", False),
        ("isinstance(['x'], (list, tuple))", None),
        ("isinstance(('x',), list)", None),
        ("isinstance(True, int)", True),
        ("isinstance('x', Other)", None),
        ("isinstance(unknown, str)", None),
        ("isinstance(f'{unknown}.csv', str)", True),
    ],
)
def test_the_type_of_a_constant(test: str, value: bool | None) -> None:
    assert constant_in(test) is value


def test_a_function_that_calls_itself_ends() -> None:
    found = read(
        """
        import daft

        def more(df, n=lambda: more(1)):
            return more(df.limit(3), n())

        more(daft.read_parquet("a")).show()
        """
    )
    assert [step.name for step in found.steps] == ["read_parquet", "limit"]


def test_a_call_with_constants_is_evaluated_once() -> None:
    found = read(
        """
        import daft

        def load(path):
            return daft.read_parquet(path)

        load("a").show()
        load("a").show()
        load("b").show()
        """
    )
    sources = [step.source.paths for step in found.steps if step.source is not None]
    assert sources == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("annotation", "is_dataframe"),
    [
        *(("daft.DataFrame", True), ("'daft.DataFrame'", True), ("DataFrame | None", True)),
        *(("Optional['DataFrame']", True), ("Annotated[DataFrame, 'rows']", True)),
        *(("pd.DataFrame", False), ("list[DataFrame]", False), ("'not DataFrame'", False), ("int", False)),
    ],
)
def test_annotations_that_say_dataframe(annotation: str, is_dataframe: bool) -> None:
    found = read(
        f"""
        import daft
        import pandas as pd
        from daft import DataFrame

        def f(df: {annotation}):
            return 1
        """
    )
    assert [step.name for step in found.steps] == (["parameter"] if is_dataframe else [])
