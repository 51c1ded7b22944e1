"""Helpers in view are entered, and what a name holds is followed."""

from __future__ import annotations

from tests.pipeline.udf_body.bodies import body_of, first


def test_a_method_leaves_self_out_and_follows_its_helpers() -> None:
    source = """
    class C:
        def decode(self, b): return Image.open(BytesIO(b))
        def f(self, xs): return [self.decode(x) for x in xs.to_pylist()]
    """
    assert [(p.name, p.weight.heavy) for p in body_of(source, "C.f").parameters] == [("xs", True)]


def test_helpers_that_call_each_other_end() -> None:
    assert first("def g(x): return h(x)\ndef h(x): return g(x)\ndef f(x): return g(x)").weight.heavy is None


def test_helpers_are_followed_to_a_depth() -> None:
    chain = "".join(f"def h{n}(x): return h{n + 1}(x)\n" for n in range(9))
    near = chain + "def f(x): return h7(x)\ndef h9(x): return Image.open(BytesIO(x))"
    far = chain + "def f(x): return h0(x)\ndef h9(x): return Image.open(BytesIO(x))"
    assert first(near).weight.heavy is True
    assert first(far).weight.heavy is None


def test_a_branch_does_not_hide_another() -> None:
    source = """
    def f(x):
        if isinstance(x, str):
            raw = download(x)
        else:
            raw = x
        return Image.open(io.BytesIO(raw))
    """
    assert first(source).weight.heavy is True


def test_a_name_that_is_bound_anew_is_no_longer_the_parameter() -> None:
    parameter = first("def f(x):\n    x = requests.get(x).content\n    return Image.open(io.BytesIO(x)).size")
    assert parameter.opens
    assert parameter.weight.heavy is None
