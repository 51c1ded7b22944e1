# Frames that the proofs share; `proof.py` puts those that a text mentions before it.
# frame: text
text = daft.from_pydict(
    {
        "s": ["a,b,,c", "", None, "Ünïcödé,ß→x", "  pad\t", "A.b.C", "aa aa\nAA", "%_\\", "👩‍👩‍👧 e\u0301"],
        "t": ["a", "", "b", None, "ß", "B", "aa", "%", "e"],
        "k": [0, 1, 2, 3, None, 5, 6, 7, 40],
    }
)
# frame: dates_as_text
dates_as_text = daft.from_pydict(
    {
        "d": ["2024-02-29", "1969-12-31", None, "0001-01-01"],
        "w": ["2024-02-29 23:59:59", "1969-12-31 00:00:00", None, "2037-04-11 00:00:00"],
    }
)
# frame: numbers
numbers = daft.from_pydict(
    {
        "i": [1, 0, None, -7, 2**40, 3, 3],
        "f": [1.5, -0.0, None, float("nan"), float("inf"), float("-inf"), 1e-300],
        "b": [True, False, None, True, False, None, True],
        "g": ["x", "x", "y", None, "y", "x", ""],
    }
)
# frame: lists
lists = daft.from_pydict(
    {
        "l": [[1, 2, 2, None], [], None, [-5], [None], [3, 1, 2], [7, 7, 7]],
        "w": [["b", "a", None], [""], None, [], ["ß", "👩‍👧"], [None], ["a", "a"]],
        "o": [[True, None], [False], None, [], [None], [True], [True, False]],
        "x": [[1.5, float("nan")], [], None, [-0.0], [None], [float("inf")], [2.0, 2.0]],
        "k": [0, 1, -1, None, 5, 2, -3],
        "e": [1, None, 3, 0, 5, 6, 7],
    }
)
# frame: structs
structs = daft.from_pydict(
    {
        "r": [{"a": 1, "b": "x"}, {"a": None, "b": ""}, None, {"a": -1, "b": "ß"}],
        "q": [{"in": {"z": 1.5}}, {"in": None}, None, {"in": {"z": None}}],
    }
)
# frame: maps
import pyarrow

maps = daft.from_arrow(
    pyarrow.table(
        {
            "m": pyarrow.array(
                [[("a", 1), ("b", None)], [], None, [("ß", -1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())
            ),
            "k": pyarrow.array(["a", "a", "b", None]),
        }
    )
)
# frame: times
import datetime as dt

times = daft.from_pydict(
    {
        "ts": [
            dt.datetime(2024, 2, 29, 23, 59, 59, 999999),
            dt.datetime(1969, 12, 31, 1, 2, 3),
            None,
            dt.datetime(1, 1, 1),
            dt.datetime(2262, 4, 11, 12, 0, 0, 120000),
        ],
        "u": [
            dt.datetime(2024, 2, 29, 23, 59, 59, 999999),
            dt.datetime(1970, 1, 1),
            None,
            dt.datetime(1969, 12, 31, 1, 2, 3),
            dt.datetime(2038, 1, 19, 12, 0, 0, 120000),
        ],
        "da": [dt.date(2024, 2, 29), dt.date(1969, 12, 31), None, dt.date(1, 1, 1), dt.date(9999, 12, 31)],
        "du": [dt.timedelta(days=1, seconds=3661, microseconds=7), dt.timedelta(0), None, dt.timedelta(days=-2, hours=5),
               dt.timedelta(microseconds=-1)],
    }
)
# frame: zoned
import datetime as dtz

import pyarrow as paz

zoned = daft.from_arrow(
    paz.table(
        {
            "z": paz.array(
                [dtz.datetime(2024, 3, 31, 1, 30), dtz.datetime(1970, 1, 1), None],
                paz.timestamp("us", "Europe/Berlin"),
            ),
            "n": paz.array([1_700_000_000_123_456_789, 0, None], paz.timestamp("ns")),
        }
    )
)
# frame: blobs
blobs = daft.from_pydict(
    {
        "y": [b"hello", b"", None, b"\x00\xff", "Ünï".encode(), b"abcdefgh"],
        "z": [b"x", b"yy", b"", None, b"\x00", b"z"],
        "k": [0, 1, 2, 3, 4, 20],
    }
)
# frame: pictures
import io as _io

from PIL import Image as _Image


def _png(mode, color, size=(3, 2)):
    stream = _io.BytesIO()
    _Image.new(mode, size, color).save(stream, "PNG")
    return stream.getvalue()


pictures = daft.from_pydict(
    {
        "p": [
            _png("RGB", (1, 2, 3)),
            _png("RGBA", (9, 8, 7, 6)),
            None,
            _png("L", 77),
            _png("LA", (5, 250)),
            _png("RGB", (200, 0, 9), (5, 4)),
        ]
    }
)
# frame: colour
import io as _ioc

import PIL.Image as _ImageC


def _colour(value, size=(4, 3)):
    stream = _ioc.BytesIO()
    picture = _ImageC.new("RGB", size, value)
    picture.putpixel((1, 1), (255, 0, 128))
    picture.save(stream, "PNG")
    return stream.getvalue()


colour = daft.from_pydict({"p": [_colour((1, 2, 3)), None, _colour((200, 0, 9), (9, 7))]})
# frame: vectors
vectors = daft.from_pydict(
    {"v": [[1.0, 2.0, 3.0], [0.0, 1.0, 0.0], None], "u": [[3.0, 2.0, 1.0], [-1.0, 0.0, 0.5], [1.0, 1.0, 1.0]]}
).select(
    col("v").cast(daft.DataType.fixed_size_list(daft.DataType.float64(), 3)),
    col("u").cast(daft.DataType.fixed_size_list(daft.DataType.float64(), 3)),
)
# frame: links
with open("one.txt", "w") as _file:
    _file.write("ünï")
open("two.txt", "w").close()
import os as _os

links = daft.from_pydict({"url": [_os.path.abspath("one.txt"), None, "file://" + _os.path.abspath("two.txt")]})
