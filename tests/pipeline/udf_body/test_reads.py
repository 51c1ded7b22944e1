# ruff: noqa: E501  (one body a line)
"""What bodies decode and what they open: evidence where they do, silence where they do not."""

from __future__ import annotations

import libcst as cst
import pytest

from daft_lint.pipeline.model import Strength
from tests.pipeline.udf_body.bodies import body_of, first

DECODING = [
    "def f(x): return Image.open(io.BytesIO(x)).size[0]",
    "def f(x):\n    with BytesIO(x) as b:\n        return Image.open(b).size",
    "def f(x):\n    buffer = io.BytesIO(x)\n    buffer.seek(0)\n    im = Image.open(buffer)\n    return im.width",
    "def f(xs):\n    return [Image.open(io.BytesIO(b)).width for b in xs.to_pylist()]",
    "def f(xs):\n    out = []\n    for i, b in enumerate(xs.to_pylist()):\n        out.append(np.frombuffer(b, np.uint8))",
    "def f(xs, ys):\n    for x, y in zip(xs, ys):\n        cv2.imdecode(np.asarray(bytearray(x)), y)",
    "def f(xs):\n    xs = xs.to_arrow()\n    for i in range(len(xs)):\n        row = xs[i].as_py()\n        sf.read(BytesIO(row))",
    "def f(x):\n    if x is None:\n        return None\n    try:\n        w, r = torchaudio.load(io.BytesIO(x))\n    except Exception:\n        return None",
    "def f(x): return pymupdf.open(stream=x, filetype='pdf')",
    "def f(x): return fitz.open('pdf', x)",
    "def f(x): return PdfReader(BytesIO(x)).pages",
    "def f(x): return av.open(io.BytesIO(x))",
    "def f(x): return zipfile.ZipFile(io.BytesIO(x)).namelist()",
    "def f(x): return librosa.load(io.BytesIO(x), sr=None)[0].mean()",
    "def f(x): return tf.io.decode_jpeg(x)",
    "def f(x): return TF.to_tensor(x)",
    "def f(x): return transforms.ToTensor()(x)",
    "def f(x):\n    t = transforms.Compose([transforms.ToTensor()])\n    return t(x).mean()",
    "def f(x): return x.convert('RGB').size",
    "def f(xs): return torch.stack([TF.to_tensor(Image.fromarray(i)) for i in xs])",
    "def f(frames): return torch.stack([torch.from_numpy(i) for i in frames.to_pylist()])",
    "def f(x: str): return Image.open(io.BytesIO(base64.b64decode(x)))",
    "def f(row): return Image.open(io.BytesIO(row['image']['bytes']))",
    "def f(x): return (lambda b: Image.open(BytesIO(b)))(x)",
    "def f(xs): return list(map(lambda b: Image.open(BytesIO(b)), xs.to_pylist()))",
    "def f(x):\n    if (b := x) and Image.open(BytesIO(b)):\n        return 1",
    "def decode(b): return Image.open(BytesIO(b))\ndef f(x): return decode(b=x)",
    "def load(b):\n    return to_file(b)\ndef to_file(b): return BytesIO(b)\ndef f(x): return Image.open(load(x))",
    "def f(xs):\n    def one(b): return Image.open(BytesIO(b)).size\n    with ThreadPoolExecutor() as p: return list(p.map(one, xs))",
    "async def f(x):\n    def work():\n        return Image.open(BytesIO(x))\n    return await asyncio.to_thread(work)",
    "def f(x):\n    from PIL import Image as Picture\n    import io as streams\n    return Picture.open(streams.BytesIO(x))",
    "def f(x):\n    while True:\n        match x:\n            case _:\n                return cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)",
    "def f(x): return processor(images=list(x), return_tensors='pt')",
]  # fmt: skip


@pytest.mark.parametrize("source", DECODING)
def test_a_body_that_decodes_its_parameter_is_strong_evidence(source: str) -> None:
    parameter = first(source)
    assert parameter.weight.heavy is True
    assert parameter.weight.evidence is not None
    assert parameter.weight.evidence.strength is Strength.STRONG
    assert parameter.weight.evidence.location is not None
    assert not parameter.opens


OPENING = [
    "def f(path): return open(path, 'rb').read()",
    "def f(path):\n    with open(path) as handle:\n        return json.load(handle)",
    "def f(path): return Image.open(path).convert('RGB').size",
    "def f(path): return Image.open(os.path.join('/data', path))",
    "def f(name): return open(f'/data/{name}.json').read()",
    "def f(url): return requests.get(url, timeout=3).content",
    "def f(url): return Image.open(io.BytesIO(requests.get(url).content)).size",
    "def f(url: str): return requests.get('https://' + url)",
    "def f(host): return requests.get(f'https://{host}/robots.txt')",
    "def f(url):\n    request = urllib.request.Request(url)\n    return urllib.request.urlopen(request).read()",
    "async def f(url):\n    async with aiohttp.ClientSession() as s, s.get(url) as r:\n        return r.status",
    "async def f(urls):\n    async def one(c, u):\n        return (await c.get(u)).text\n    async with httpx.AsyncClient() as c:\n"
    "        return await asyncio.gather(*[one(c, u) for u in urls.to_pylist()])",
    "def f(url):\n    s = requests.Session()\n    return s.get(url.strip()).text",
    "def f(key): return boto3.client('s3').get_object(Bucket='b', Key=key)['Body'].read()",
    "def f(path):\n    fs = s3fs.S3FileSystem()\n    with fs.open(path) as h:\n        return h.read()",
    "def f(path): return fsspec.open(path).open().read()",
    "def f(path): return cv2.VideoCapture(path).read()",
    "def f(path: str): return torchaudio.load(path)[1]",
    "def f(path): return Path(path).read_bytes()",
    "def f(file: daft.File):\n    with file.open() as h:\n        return h.read()",
    "def f(file: daft.File):\n    with file.to_tempfile() as t:\n        return pymupdf.open(t.name)",
    "def f(audio: daft.AudioFile): return audio.to_numpy()",
    "def f(files: daft.Series):\n    for file in files:\n        with file.open() as h:\n            h.read()",
    "def f(path): return subprocess.run(['ffmpeg', '-y', '-i', path, 'out.wav'])",
    "def f(path): return pd.read_csv(path).shape",
    "def f(path): return subprocess.run(['ffprobe', '-of', 'json', path], capture_output=True).stdout",
    "def f(path): return subprocess.check_output(('/usr/bin/pdftotext', path, '-'))",
    "def f(path): return os.popen(f'pdftotext {path} -').read()",
    "def f(path): return subprocess.run(f'ffmpeg -y -i \"{path}\" out.wav', shell=True)",
    "async def f(path): return await asyncio.create_subprocess_exec('exiftool', '-json', path)",
    "def f(file: daft.Hdf5File): return file.attrs()",
    "def f(video: daft.VideoFile): return video.metadata()['width']",
]  # fmt: skip


@pytest.mark.parametrize("source", OPENING)
def test_a_body_that_opens_what_it_is_given_is_a_heavy_read(source: str) -> None:
    parameter = first(source)
    assert parameter.opens
    assert parameter.weight.heavy is not True


SILENT = [
    "def f(x): return x",
    "def f(x): return x.upper()",
    "def f(x): return np.array(x.to_pylist()).sum()",
    "def f(embeddings): return torch.stack([torch.from_numpy(e) for e in embeddings.to_pylist()])",
    "def f(x): return torch.stack([torch.tensor(e) for e in x.to_pylist()])",
    "def f(x): return json.loads(x)['k']",
    "def f(x): return base64.b64decode(x)",
    "def f(q): return requests.post('https://api.example.com/v1', json={'q': q}).json()",
    "def f(q): return requests.get('https://api.example.com/v1', params={'q': q}).json()",
    "def f(q): return requests.get(f'https://api.example.com/v1?q={q}').json()",
    "BASE = 'https://e.org'\ndef f(q): return requests.get(f'{BASE}?q={q}').json()",
    "BASE = 'https://e.org/'\ndef f(q): return requests.get(BASE + q).json()",
    "def f(q): return requests.get('https://e.org/{}'.format(q)).json()",
    "def f(q): return requests.get('https://e.org/%s' % q).json()",
    "def f(x): return {'a': 1}.get(x)",
    "def f(x):\n    with open('labels.txt') as h:\n        return h.read().index(x)",
    "def f(x):\n    with open(x, 'w') as h:\n        h.write('done')",
    "def f(x): return hashlib.sha256(x).hexdigest()",
    "def f(x):\n    x = model.encode(x)\n    return Image.fromarray(x)",
    "def f(x, y): return Image.open(io.BytesIO(y))",
    "def f(text): return Image.open(io.BytesIO(render(text)))",
    "def f(x):\n    Image = Painter()\n    return Image.open(io.BytesIO(x))",
    "def f(prompt: str): return processor(text=prompt, images=None)",
    "def f(x):\n    def unused(b): return Image.open(BytesIO(b))\n    return x",
    "def f(n): return [io.BytesIO(b'').read() for _ in range(n)]",
    "def f(x: str): return sf.write('a.wav', x, 16000)",
    "def f(x): return subprocess.run(['espeak', x])",
    "def f(x): return subprocess.run(['ffmpeg', '-i', 'in.wav', x])",
    "def f(x): return subprocess.run(f'git tag {x}', shell=True)",
    "def f(x: dict): return x.keys()",
]  # fmt: skip


@pytest.mark.parametrize("source", SILENT)
def test_no_evidence_is_made_up(source: str) -> None:
    parameter = first(source)
    assert parameter.weight.heavy is not True
    assert not parameter.opens


def test_evidence_names_the_call_and_its_place() -> None:
    weight = first("def f(x):\n    return Image.open(io.BytesIO(x)).width").weight
    assert weight.evidence is not None
    assert weight.evidence.reason == "`Image.open(io.BytesIO(x))` decodes it"
    assert weight.evidence.location is not None
    assert isinstance(weight.evidence.location.node, cst.Call)


def test_a_long_call_is_quoted_by_its_callee() -> None:
    options = ", ".join(f"option_{n}={n}" for n in range(10))
    weight = first(f"def f(x): return Image.open(io.BytesIO(x), {options})").weight
    assert weight.evidence is not None
    assert weight.evidence.reason == "`Image.open(…)` decodes it"


def test_only_the_parameter_that_is_decoded_is_heavy() -> None:
    body = body_of("def f(name, x, *rest, mode='RGB'): return Image.open(io.BytesIO(x)).convert(mode)")
    assert [(p.name, p.weight.heavy) for p in body.parameters] == [
        ("name", None), ("x", True), ("rest", None), ("mode", None),
    ]  # fmt: skip


def test_names_stand_for_what_they_usually_do_where_no_import_is_in_view() -> None:
    assert body_of("def f(x): return Image.open(io.BytesIO(x))", imports="").parameters[0].weight.heavy is True
