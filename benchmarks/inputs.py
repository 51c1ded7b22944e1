"""The files and trees that `bench.py` measures, made where they are measured."""

from __future__ import annotations

import shutil
from pathlib import Path

IMPORTS = """import daft
from daft.functions import download, decode_image


"""
UDF = """@daft.func.batch(return_dtype=daft.DataType.float32(), batch_size=64)
def score{n}(images: daft.Series):
    return [float(image.mean()) for image in images.to_pylist()]


"""
SCRIPT = IMPORTS + UDF.format(n="")
STEP = """def run_{n}(path: str) -> None:
    df = daft.read_parquet(path)
    df = df.where(daft.col("width") > {n})
    df = df.with_column("image", decode_image(download(daft.col("url"))))
    df = df.with_column("score", score(df["image"]))
    df.write_parquet(f"{{path}}.{n}")


"""
_READ = "    df = daft.read_parquet(path)\n"
_WHERE = "df = df.where(daft.col('width') > {n})"
_INTO_UDF = """    df = df.with_column("image", decode_image(download(daft.col("url"))))
    df = df.with_column("score", score(df["image"]))
    df.write_parquet("out")
"""
_AT_TOP = """df = daft.read_parquet("in").with_column("image", decode_image(download(daft.col("url"))))
df = df.with_column("score", score(df["image"]))
"""


def _function(lines: str) -> str:
    """A function whose frame goes through these lines on its way from a source to a UDF and a sink."""
    return f"{SCRIPT}def run(path: str, kind: int) -> None:\n{_READ}{lines}{_INTO_UDF}"


def _repeated(count: int, text: str) -> str:
    return "".join(text.format(n=n) for n in range(count))


def _nested(count: int) -> str:
    ifs = ((f"if kind > {n}:", _WHERE.format(n=n), n) for n in range(count))
    return "".join(f"{'    ' * (n + 1)}{test}\n{'    ' * (n + 2)}{where}\n" for test, where, n in ifs)


_OPTIONAL = "".join(f"use_{n}: bool, " for n in range(300))
LARGE = {
    "300 optional steps": _function(_repeated(300, "    if use_{n}:\n        " + _WHERE + "\n")).replace(
        "kind: int", _OPTIONAL
    ),
    "1,500 elif": _function(
        "    if kind < 0:\n        pass\n" + _repeated(1500, "    elif kind == {n}:\n        " + _WHERE + "\n")
    ),
    "2,000 if in a row": _function(_repeated(2000, "    if kind == {n}:\n        " + _WHERE + "\n")),
    "80 if in one another": _function(_nested(80)),
    "400 guards that return": f"{SCRIPT}def cut(df: daft.DataFrame, kind: int) -> daft.DataFrame:\n"
    + _repeated(400, "    if kind == {n}:\n        return df.limit({n})\n")
    + "    return df\n\n\ndef run(path: str, kind: int) -> None:\n    df = cut(daft.read_parquet(path), kind)\n"
    + _INTO_UDF,
    "1,000 sinks of one frame": SCRIPT
    + _AT_TOP
    + _repeated(1000, "df.where(daft.col('score') > {n}).write_parquet('out{n}')\n"),
    "400 UDFs": SCRIPT
    + _repeated(400, UDF)
    + _AT_TOP
    + _repeated(400, "df = df.with_column('score{n}', score{n}(df['image']))\n")
    + "df.write_parquet('out')\n",
    "4,000 suppressions": SCRIPT + _AT_TOP + _repeated(4000, "x{n} = {n}  # noqa: DFT101\n") + "df.show()\n",
    "1,000 facts in comments": SCRIPT
    + _repeated(1000, "daft.read_parquet('{n}').show()  # daft-lint: rows={n} heavy=jpeg\n"),
}
"""Large files of one kind, whose cost could be the square of their size or worse, by what is in them."""

_HELPER = """def helper_{n}(values: list[int], limit: int = 10) -> dict[str, int]:
    total = 0
    for value in values:
        if value > limit:
            total += value * {n}
    return {{"total": total, "n": {n}}}


"""


def findings_everywhere(folder: Path, count: int = 100) -> Path:
    """A tree in which every file has a finding with a fix, among other code."""
    folder.mkdir()
    for number in range(count):
        (folder / f"job{number}.py").write_text(SCRIPT + _repeated(12, _HELPER) + STEP.format(n=number))
    return folder


def beside(folder: Path, package: Path) -> Path:
    """A job of 10 lines that imports a package, whose source lies beside it."""
    folder.mkdir()
    imports = f"import daft\nimport {package.name} as library\n\n\n"
    function = "def table(path: str):\n    return library.read_parquet(path)\n\n\n"
    run = 'df = daft.from_pandas(table("in.parquet"))\ndf.repartition(8).write_parquet("out")\n'
    (folder / "job.py").write_text(imports + function + run)
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("*.so", "*.pyc", "*.pyd"))
    return folder


def with_environment(folder: Path, package: Path) -> Path:
    """The same with the package in a virtual environment, which is no part of the tree, and in its `site-packages`."""
    beside(folder, package)
    environment = folder / "tools"
    site = environment / "lib" / "python3" / "site-packages"
    site.mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text("home = /usr/bin\n")
    shutil.move(str(folder / package.name), str(site / package.name))
    for number in range(20):
        (site / f"uses_daft{number}.py").write_text(SCRIPT + _repeated(100, STEP))
    return folder
