"""The number of an inserted `into_batches`: the script's own constant where it is in view and means the same there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from daft_lint.api.finding import Finding
from daft_lint.config import Config
from daft_lint.fix.loop import fix_documents
from daft_lint.lint import engine
from daft_lint.source.document import Document

HEAD = """\
import argparse
from dataclasses import dataclass

import daft
import numpy as np
from daft import DataType, Series, col


def mean(pixels: Series) -> list[float]:
    return [float(np.frombuffer(b, dtype=np.uint16).mean()) for b in pixels.to_pylist()]

"""
UDF = "daft.func.batch(mean, return_dtype=DataType.float64(), batch_size={})"

KNOWN = {
    "a name": ("N = 32\nudf = $N$\n%udf%", "N"),
    "of one line": ("N = 32; udf = $N$; %udf%", "N"),
    "a tuple": ("N, M = 32, 64\nudf = $N$\n%udf%", "N"),
    "a class": ("class C:\n    n = 32\n\nudf = $C.n$\n%udf%", "C.n"),
    "a class in a class": ("class C:\n    class D:\n        n = 32\n\nudf = $C.D.n$\n%udf%", "C.D.n"),
    "an object": ("@dataclass\nclass C:\n    n: int = 32\n\nc = C()\nudf = $c.n$\n%udf%", "c.n"),
    "an object with another value": ("@dataclass\nclass C:\n    n: int = 8\n\nc = C(n=32)\nudf = $c.n$\n%udf%", "c.n"),
    "set once, before both": (
        "@dataclass\nclass C:\n    n: int = 8\n\nc = C()\nc.n = 32\nudf = $c.n$\n%udf%",
        "c.n",
    ),
    "arguments": (
        "p = argparse.ArgumentParser()\np.add_argument('--n', type=int, default=32)\nargs = p.parse_args()\n"
        "udf = $args.n$\n%udf%",
        "args.n",
    ),
    "a parameter": ("def run(n):\n    udf = $n$\n    %udf%\n\nrun(32)", "n"),
    "a default": ("def run(n=32):\n    udf = $n$\n    %udf%", "n"),
    "bound again before both": ("def run(n):\n    n = n + 2\n    udf = $n$\n    %udf%\n\nrun(30)", "n"),
    "a local of the same name elsewhere": ("N = 32\ndef other():\n    N = 64\n    return N\n\nudf = $N$\n%udf%", "N"),
    "in a branch": ("import sys\nN = 32\nudf = $N$\nif len(sys.argv) > 1:\n    %udf%", "N"),
    "the object of a method": (
        "class Job:\n    def __init__(self, n=32):\n        self.n = n\n\n"
        "    def run(self):\n        udf = $self.n$\n        %udf%\n\nJob().run()",
        "self.n",
    ),
    "two objects": (
        "class Job:\n    def __init__(self, n):\n        self.n = n\n\n"
        "    def run(self):\n        udf = $self.n$\n        %udf%\n\nJob(32).run()\nJob(64).run()",
        "self.n",
    ),
    "the object of two methods": (
        "class Job:\n    def __init__(self, n):\n        self.n = n\n\n"
        "    def udf(self):\n        return $self.n$\n\n"
        "    def run(this):\n        udf = this.udf()\n        %udf%\n\nJob(32).run()",
        "this.n",
    ),
    "the class of a method": (
        "class Job:\n    n = 32\n\n    @classmethod\n    def run(cls):\n        udf = $cls.n$\n"
        "        %udf%\n\nJob.run()",
        "cls.n",
    ),
    "a name of a class's body": (
        "class Job:\n    n = 32\n    udf = $n$\n\nudf = Job.udf\n%udf%",
        "Job.n",
    ),
    "an argument of a helper": ("N = 32\ndef make(size):\n    return $size$\n\nudf = make(N)\n%udf%", "N"),
    "a parameter with no caller in view": ("def run(n: int):\n    udf = $n$\n    %udf%", "n"),
    "a parameter that a command line gives": (
        "import typer\n\ndef run(n: int = typer.Option(64)):\n    udf = $n$\n    %udf%\n\ntyper.run(run)",
        "n",
    ),
    "one of two numbers": ("import torch\nN = 64 if torch.cuda.is_available() else 8\nudf = $N$\n%udf%", "N"),
    "a number in each branch": (
        "import torch\nif torch.cuda.is_available():\n    N = 64\nelse:\n    N = 8\nudf = $N$\n%udf%",
        "N",
    ),
    "a number that a branch replaces": (
        "import torch\nN = 8\nif torch.cuda.is_available():\n    N = 64\nudf = $N$\n%udf%",
        "N",
    ),
    "a name that a branch binds, used before": (
        "import os\nif os.name:\n    N = 32\nudf = $N$\n%udf%",
        "N",
    ),
    "an item": ('SIZES = {"mean": 32}\nudf = $SIZES["mean"]$\n%udf%', 'SIZES["mean"]'),
    "an item in other quotes": ("SIZES = dict(mean=32)\nudf = $SIZES['mean']$\n%udf%", "SIZES['mean']"),
    "an item of a list": ("SIZES = [16, 32]\nudf = $SIZES[1]$\n%udf%", "SIZES[1]"),
    "an item of an attribute": ('class C:\n    sizes = {"a": 32}\n\nudf = $C.sizes["a"]$\n%udf%', 'C.sizes["a"]'),
    "a function above the constant": (
        "def run():\n    %udf%\n\nN = 32\nudf = $N$\nrun()",
        "N",
    ),
}

NOT_IN_VIEW = {
    "bound again between": "N = 32\nudf = $N$\nN = 64\n%udf%",
    "bound again by a loop": "N = 32\nudf = $N$\nfor N in range(3):\n    print(N)\n%udf%",
    "bound again by a star": "N = 32\nudf = $N$\nfrom somewhere import *\n%udf%",
    "bound again by a star, used in a function": (
        "N = 32\nfrom somewhere import *\nudf = $N$\ndef run():\n    %udf%\n\nrun()"
    ),
    "bound by an import again": "N = 32\nudf = $N$\nfrom somewhere import N\n%udf%",
    "bound by a function": "N = 32\nudf = $N$\ndef N():\n    return 1\n\n%udf%",
    "bound by a walrus": "udf = daft.func.batch(mean, return_dtype=DataType.float64(), batch_size=(N := 32))\n%udf%",
    "deleted": "N = 32\nudf = $N$\ndel N\n%udf%",
    "global elsewhere": "N = 32\nudf = $N$\ndef grow():\n    global N\n    N = 64\n\ngrow()\n%udf%",
    "shadowed by a parameter": "N = 32\nudf = $N$\ndef run(N):\n    %udf%\n\nrun(8)",
    "shadowed by a local": "N = 32\nudf = $N$\ndef run():\n    N = 8\n    %udf%\n    print(N)\n\nrun()",
    "shadowed by a class": "N = 32\nudf = $N$\nclass Job:\n    N = 8\n    %udf%",
    "bound below": "%source%\nN = 32\nudf = $N$\n%rest%",
    "called before it is bound": "def load():\n    return %read%\n\ndf = load()\nN = 32\nudf = $N$\n%rest%",
    "in one branch": "import sys\nif len(sys.argv) > 1:\n    N = 32\n    udf = $N$\nelse:\n    udf = $32$\n%udf%",
    "a text": "N = '32'\nudf = $int(N)$\n%udf%",
    "an attribute that is set again": "class C:\n    n = 32\n\nudf = $C.n$\nC.n = 64\n%udf%",
    "an attribute that a function sets": (
        "class C:\n    n = 32\n\ndef grow():\n    C.n = 64\n\nudf = $C.n$\ngrow()\n%udf%"
    ),
    "an object that is bound again": (
        "@dataclass\nclass C:\n    n: int = 32\n\nc = C()\nudf = $c.n$\nc = C(n=64)\n%udf%"
    ),
    "an item that is set again": 'SIZES = {"a": 32}\nudf = $SIZES["a"]$\nSIZES["a"] = 64\n%udf%',
    "an item that is updated": 'SIZES = {"a": 32}\nudf = $SIZES["a"]$\nSIZES.update(a=64)\n%udf%',
    "an item in an f-string": (
        'SIZES = {"a": 32}\nudf = $SIZES["a"]$\nprint(f"{%read%.with_column(\'m\', udf(col(\'pixels\'))).to_arrow()}")'
    ).replace("%read%", "daft.read_deltalake('s3://lake/plates')"),
    "an item by a name": 'SIZES, key = {"a": 32}, "a"\nudf = $SIZES[key]$\n%udf%',
    "options in a dict": (
        'OPTIONS = {"batch_size": 32}\nudf = daft.func.batch(mean, return_dtype=DataType.float64(), **OPTIONS)\n%udf%'
    ),
    "self outside": (
        "class Job:\n    def __init__(self):\n        self.n = 32\n\n"
        "    def udf(self):\n        return $self.n$\n\nudf = Job().udf()\n%udf%"
    ),
    "self of another class": (
        "class Job:\n    def __init__(self):\n        self.n = 32\n\n"
        "    def udf(self):\n        return $self.n$\n\n"
        "class Run:\n    def run(self):\n        udf = Job().udf()\n        %udf%\n\nRun().run()"
    ),
    "self in a static method": (
        "class Job:\n    def __init__(self):\n        self.n = 32\n\n"
        "    def udf(self):\n        return $self.n$\n\n"
        "    @staticmethod\n    def run(self):\n        udf = self.udf()\n        %udf%\n\nJob.run(Job())"
    ),
    "self that a method sets": (
        "class Job:\n    def __init__(self):\n        self.n = 32\n\n"
        "    def grow(self):\n        self.n = 64\n\n"
        "    def run(self):\n        udf = $self.n$\n        self.grow()\n        %udf%\n\nJob().run()"
    ),
    "a parameter of another function": "def make(n):\n    return $n$\n\nudf = make(32)\n%udf%",
    "an attribute of a `daft.cls` class": (
        "@daft.cls\nclass Mean:\n    n = 32\n\n"
        "    @daft.method.batch(return_dtype=DataType.float64(), batch_size=n)\n"
        "    def of(self, pixels: Series) -> list[float]:\n        return mean(pixels)\n\n"
        "udf = Mean().of\n%udf%"
    ),
}


def script(template: str) -> bytes:
    read = 'daft.read_deltalake("s3://lake/plates")'
    rest = 'df = df.with_column("mean", udf(col("pixels"))); df.write_parquet("s3://lake/means")'
    parts = {"read": read, "source": f"df = {read}", "rest": rest, "udf": f"df = {read}; {rest}"}
    text = re.sub(r"\$(.*?)\$", lambda found: UDF.format(found[1]), template)
    return (HEAD + re.sub(r"%(\w+)%", lambda found: parts[found[1]], text) + "\n").encode()


def fixed(raw: bytes, path: str = "script.py") -> str:
    def observe(document: Document) -> tuple[Finding, ...]:
        return engine.check_document(document, Config()).findings

    before = Document.from_bytes(path, raw)
    report = fix_documents([before], observe, unsafe=True)
    assert report.problems == ()
    text = report.files[0].after.cells[0].source.decode()
    compile(text, path, "exec")
    return text


def asked(text: str) -> list[str]:
    return re.findall(r"into_batches\((.*?)\)", text)


UNKNOWN = {
    "a parameter that can be None": "def run(n: int | None = None):\n    udf = $n$\n    %udf%",
    "a parameter that says nothing": "def run(n):\n    udf = $n$\n    %udf%",
    "a number or none": "import torch\nN = 64 if torch.cuda.is_available() else None\nudf = $N$\n%udf%",
    "a number in each branch, used in a function": (
        "import torch\nif torch.cuda.is_available():\n    N = 64\nelse:\n    N = 8\nudf = $N$\n"
        "def run():\n    %udf%\n\nrun()"
    ),
    "what a function reads from the environment": (
        "import os\ndef ask(name, n):\n    return type(n)(os.environ.get(name, n))\n\n"
        "class C:\n    n = ask('N', 256)\n\nc = C()\nudf = $c.n$\n%udf%"
    ),
    "something that is read": "import json\nc = json.load(open('sizes.json'))\nudf = $c['n']$\n%udf%",
    "a parameter of another function": (
        "def make(n: int):\n    return $n$\n\ndef run(n: int):\n    udf = make(n)\n    %udf%"
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_no_number_stands_for_one_that_the_script_gives_and_that_is_not_known(case: str) -> None:
    raw = script(UNKNOWN[case])
    assert asked(fixed(raw)) == []
    findings = engine.check_document(Document.from_bytes("a.py", raw), Config()).findings
    (found,) = (f for f in findings if f.code == "DFT101")
    assert found.suggestion.endswith("(no fix: what that is when the script runs is not known)")


@pytest.mark.parametrize("case", KNOWN)
def test_the_constant_is_used(case: str) -> None:
    template, wanted = KNOWN[case]
    assert asked(fixed(script(template))) == [wanted]


@pytest.mark.parametrize("case", NOT_IN_VIEW)
def test_the_number_stays(case: str) -> None:
    assert asked(fixed(script(NOT_IN_VIEW[case]))) == ["32"]


def test_the_default_of_an_argument_is_no_number_to_write() -> None:
    arguments = "p = argparse.ArgumentParser()\np.add_argument('--n', type=int, default=32)\n"
    assert asked(fixed(script(arguments + "udf = $p.parse_args().n$\n%udf%"))) == []


SIZE = {"settings.py": "BATCH = 32\n", "pkg/__init__.py": "", "pkg/sizes.py": "class Sizes:\n    batch = 32\n"}
UDFS = HEAD + "from settings import BATCH\n\n" + f"udf = {UDF.format('BATCH')}\n"
READ = 'df = daft.read_deltalake("s3://lake/plates")\n'
MAIN = f"""import daft
from daft import col

{READ}df.with_column("mean", udf(col("pixels"))).write_parquet("s3://lake/means")
"""
MODULES = {
    "imported": (HEAD + "from settings import BATCH\n\n%udf%", "BATCH", "BATCH"),
    "imported under another name": (HEAD + "from settings import BATCH as rows\n\n%udf%", "rows", "rows"),
    "an attribute of a module": (HEAD + "import settings\n\n%udf%", "settings.BATCH", "settings.BATCH"),
    "a class of a module": (HEAD + "from pkg.sizes import Sizes\n\n%udf%", "Sizes.batch", "Sizes.batch"),
    "a class in a module": (HEAD + "from pkg import sizes\n\n%udf%", "sizes.Sizes.batch", "sizes.Sizes.batch"),
    "a star": (HEAD + "from settings import *\n\n%udf%", "BATCH", "BATCH"),
    "a module that is changed": (HEAD + "import settings\n\n%udf%settings.BATCH = 64\n", "settings.BATCH", "32"),
    "an import in another function": (
        HEAD + "def make():\n    from settings import BATCH\n\n    return $BATCH$\n\nudf = make()\n",
        "",
        "32",
    ),
    "an import of the UDF alone": ("from udfs import udf\n", "", "32"),
    "an import of the UDF and the constant": ("from settings import BATCH\nfrom udfs import udf\n", "", "BATCH"),
    "an import of the constant from the UDF's module": ("from udfs import BATCH, udf\n", "", "BATCH"),
    "the UDF's module": ("import udfs\n\nudf = udfs.udf\n", "", "udfs.BATCH"),
    "the constant's module": ("import settings\nfrom udfs import udf\n", "", "settings.BATCH"),
    "a constant of the same value": ("BATCH = 32\nfrom udfs import udf\n", "", "32"),
    "an import that is shadowed": ("from settings import BATCH\nfrom udfs import udf\n\nBATCH = 64\n", "", "32"),
    "an import below": ("from udfs import udf\n", "", "32", "from settings import BATCH\n"),
}


def daft_lint(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "daft_lint", *args], cwd=cwd, capture_output=True, text=True)


@pytest.mark.parametrize("case", MODULES)
def test_a_constant_of_another_module(tmp_path: Path, case: str) -> None:
    top, size, wanted, *below = MODULES[case]
    top = re.sub(r"\$(.*?)\$", lambda found: UDF.format(found[1]), top)
    text = top.replace("%udf%", f"udf = {UDF.format(size)}\n") + MAIN + "".join(below)
    (tmp_path / "pkg").mkdir()
    for name, content in {**SIZE, "udfs.py": UDFS, "main.py": text}.items():
        (tmp_path / name).write_text(content)
    result = daft_lint("fix", "--unsafe", "--apply", ".", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert asked((tmp_path / "main.py").read_text()) == [wanted]


NOTEBOOKS = {
    "a cell above": ((f"N = 32\nudf = {UDF.format('N')}", MAIN), "N"),
    "two cells above": (("N = 32", f"udf = {UDF.format('N')}", MAIN), "N"),
    "bound again in a cell between": ((f"N = 32\nudf = {UDF.format('N')}", "N = 64", MAIN), "32"),
    "a cell below": ((READ, f"N = 32\nudf = {UDF.format('N')}", MAIN.replace(READ, "")), "32"),
    "in a branch of a cell above": (("import os", f"if os.name:\n    N = 32\nudf = {UDF.format('N')}", MAIN), "32"),
    "a cell that does not parse": ((f"N = 32\nudf = {UDF.format('N')}", "N = = 3", MAIN), "N"),
}


@pytest.mark.parametrize("case", NOTEBOOKS)
def test_a_constant_of_another_cell(tmp_path: Path, case: str) -> None:
    sources, wanted = NOTEBOOKS[case]
    cells = [
        {"cell_type": "code", "source": source, "outputs": [], "metadata": {}, "execution_count": None}
        for source in (HEAD, *sources)
    ]
    path = tmp_path / "plates.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    result = daft_lint("fix", "--unsafe", "--apply", path.name, cwd=tmp_path)
    assert result.returncode in (0, 1), result.stderr
    text = "".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])
    assert asked(text) == [wanted]
