"""What library functions do with the data that they are given: which decode it, open what it points to, hand it on, or
load a model. Names are qualified, as imports make them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass


class Given(enum.Enum):
    """What a call says of the value that it gets."""

    HEAVY = "heavy"
    OPENS = "opens"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Reader:
    """What a function says of one of its arguments: given a row as it is, or given an in-memory file made from it."""

    row: Given
    buffer: Given
    position: int = 0
    keywords: tuple[str, ...] = ()


def opener(position: int = 0, *keywords: str) -> Reader:
    """Opens a path; decodes an in-memory file."""
    return Reader(Given.OPENS, Given.HEAVY, position, keywords)


def decoder(position: int = 0, *keywords: str) -> Reader:
    """Takes the data itself."""
    return Reader(Given.HEAVY, Given.HEAVY, position, keywords)


def either(position: int = 0, *keywords: str) -> Reader:
    """Takes a path or the data: only an in-memory file says which."""
    return Reader(Given.NOTHING, Given.HEAVY, position, keywords)


def named(names: str, *readers: Reader) -> dict[str, tuple[Reader, ...]]:
    return dict.fromkeys(names.split(), readers)


PDF_STREAM = (decoder(1, "stream"), Reader(Given.OPENS, Given.HEAVY, 0, ("filename",)))

READERS: Mapping[str, tuple[Reader, ...]] = {
    # images
    **named("PIL.Image.open", opener(0, "fp")),
    **named("PIL.Image.fromarray", decoder(0, "obj")),
    **named("PIL.Image.frombytes PIL.Image.frombuffer", decoder(2, "data")),
    **named("cv2.imdecode", decoder(0, "buf")),
    **named("cv2.imread cv2.VideoCapture", opener(0, "filename")),
    **named(
        "cv2.cvtColor cv2.resize cv2.GaussianBlur cv2.Canny cv2.Laplacian cv2.medianBlur cv2.warpAffine cv2.flip",
        decoder(0, "src", "image"),
    ),
    **named("cv2.imencode", decoder(1, "img")),
    **named(
        "imageio.imread imageio.v2.imread imageio.v3.imread imageio.get_reader imageio.v3.imiter", either(0, "uri")
    ),
    **named("skimage.io.imread tifffile.imread tifffile.TiffFile", opener(0, "fname")),
    **named("torchvision.io.decode_image torchvision.io.decode_jpeg torchvision.io.decode_png", either(0, "input")),
    **named("torchvision.io.read_image torchvision.io.read_video torchvision.io.VideoReader", opener(0)),
    **named(
        "tensorflow.io.decode_image tensorflow.io.decode_jpeg tensorflow.io.decode_png tensorflow.image.decode_image "
        "tensorflow.image.decode_jpeg tensorflow.image.decode_png tensorflow.image.resize tensorflow.audio.decode_wav",
        decoder(0, "contents"),
    ),
    **named("tensorflow.io.read_file", opener(0, "filename")),
    # audio and video
    **named("torchaudio.load torchaudio.info", opener(0, "uri", "filepath")),
    **named("torchaudio.functional.resample", decoder(0, "waveform")),
    **named("soundfile.read soundfile.SoundFile soundfile.info soundfile.blocks", opener(0, "file")),
    **named("librosa.load", opener(0, "path")),
    **named("librosa.resample librosa.stft librosa.to_mono librosa.get_duration", decoder(0, "y")),
    **named("pydub.AudioSegment.from_file pydub.AudioSegment.from_mp3 pydub.AudioSegment.from_wav", opener(0, "file")),
    **named("scipy.io.wavfile.read wave.open audioread.audio_open", opener(0)),
    **named("whisper.load_audio whisperx.load_audio faster_whisper.decode_audio", opener(0, "file", "input_file")),
    **named("av.open decord.VideoReader decord.AudioReader", opener(0, "file", "uri")),
    **named("torchcodec.decoders.VideoDecoder torchcodec.decoders.AudioDecoder", either(0, "source")),
    **named(
        "moviepy.VideoFileClip moviepy.editor.VideoFileClip moviepy.AudioFileClip ffmpeg.input", opener(0, "filename")
    ),
    # documents and scientific data
    **named("pymupdf.open pymupdf.Document fitz.open fitz.Document", *PDF_STREAM),
    **named("pymupdf4llm.to_markdown", opener(0, "doc")),
    **named("pypdf.PdfReader PyPDF2.PdfReader pdfplumber.open", opener(0, "stream", "path_or_fp")),
    **named("pdfminer.high_level.extract_text", opener(0, "pdf_file")),
    **named("pypdfium2.PdfDocument", either(0, "input")),
    **named("pdf2image.convert_from_bytes", decoder(0, "pdf_file")),
    **named("pdf2image.convert_from_path", opener(0, "pdf_path")),
    **named("docx.Document openpyxl.load_workbook pptx.Presentation", opener(0)),
    **named("pydicom.dcmread nibabel.load rasterio.open h5py.File trimesh.load", opener(0)),
    **named("rasterio.io.MemoryFile rasterio.MemoryFile", decoder(0)),
    **named("zipfile.ZipFile", opener(0, "file")),
    **named("tarfile.open", opener(0, "name"), opener(2, "fileobj")),
    **named("pandas.read_excel pandas.read_parquet pyarrow.parquet.read_table pyarrow.parquet.ParquetFile", opener(0)),
    **named("pandas.read_csv polars.read_parquet polars.read_csv", Reader(Given.OPENS, Given.NOTHING, 0)),
    # arrays
    **named("numpy.frombuffer torch.frombuffer", decoder(0, "buffer")),
    **named("numpy.load torch.load", opener(0, "file", "f")),
    **named("numpy.fromfile", opener(0, "file")),
    # files
    **named(
        "open io.open builtins.open gzip.open bz2.open lzma.open", Reader(Given.OPENS, Given.NOTHING, 0, ("file",))
    ),
    **named(
        "smart_open.open fsspec.open aiofiles.open",
        Reader(Given.OPENS, Given.NOTHING, 0, ("uri", "urlpath", "file")),
    ),
    **named("numpy.loadtxt numpy.genfromtxt", Reader(Given.OPENS, Given.NOTHING, 0, ("fname",))),
    **named("shutil.copy shutil.copyfile", Reader(Given.OPENS, Given.NOTHING, 0, ("src",))),
}
"""Functions that decode data or open paths, by qualified name."""

DECODING_MODULES = (
    "torchvision.transforms.functional.",
    "torchvision.transforms.v2.functional.",
    "librosa.feature.",
    "librosa.effects.",
    "PIL.ImageOps.",
    "skimage.transform.",
    "skimage.filters.",
)
"""Modules whose functions take pixels or samples as their first argument."""

DECODING_OBJECTS = frozenset({
    "torchvision.transforms.ToTensor", "torchvision.transforms.Compose", "torchvision.transforms.Resize",
    "torchvision.transforms.v2.Compose", "torchvision.transforms.v2.Resize", "torchvision.transforms.ToPILImage",
    "torchaudio.transforms.Resample", "torchaudio.transforms.MelSpectrogram",
})  # fmt: skip
"""Objects that take pixels or samples when they are called."""

URL_OPENERS: Mapping[str, int] = {
    "requests.get": 0, "requests.request": 1, "httpx.get": 0, "httpx.stream": 1, "httpx.request": 1,
    "urllib.request.urlopen": 0, "urllib.request.urlretrieve": 0, "aiohttp.request": 1, "wget.download": 0,
    "torch.hub.download_url_to_file": 0, "diffusers.utils.load_image": 0, "transformers.image_utils.load_image": 0,
}  # fmt: skip
"""Functions that get a URL, and its position; one behind a fixed host is a call of a fixed endpoint."""

URL_KEYWORDS = ("url", "image")

SESSIONS = frozenset({
    "requests.Session", "requests.session", "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession",
    "requests_futures.sessions.FuturesSession", "urllib3.PoolManager",
})  # fmt: skip
SESSION_NAMES = frozenset({"session", "_session", "sess", "http_session", "http_client", "http"})
"""Names of what gets URLs where its constructor is not in view."""

OBJECT_STORE_METHODS = frozenset({"get_object", "download_file", "download_fileobj", "download_as_bytes", "cat_file"})
"""Methods of boto3 and fsspec clients, given a key from the column."""

FILE_METHODS = frozenset({"open", "to_tempfile", "read_bytes", "read_text"})
"""Methods that open the file reference or path that they are called on."""
FILE_REFERENCE_METHODS = frozenset(
    {"read", "to_numpy", "frames", "keyframes", "get_frame_by_idx", "resample", "decode"}
)
"""Methods that open what is declared as a `daft.File` or one of its kinds."""

BUFFERS = frozenset(
    {"io.BytesIO", "BytesIO", "tempfile.SpooledTemporaryFile", "pyarrow.BufferReader", "pyarrow.py_buffer"}
)

PASSING = frozenset({
    "list", "tuple", "iter", "next", "reversed", "sorted", "set", "bytes", "bytearray", "memoryview", "str", "dict",
    "os.fspath", "os.path.abspath", "os.path.expanduser", "os.path.normpath", "urllib.request.Request",
    "urllib.parse.urlparse", "urllib.parse.unquote", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath",
    "numpy.ascontiguousarray", "numpy.squeeze", "numpy.transpose", "torch.from_numpy", "torch.as_tensor",
    "base64.b64decode", "base64.standard_b64decode", "base64.urlsafe_b64decode", "gzip.decompress", "zlib.decompress",
    "json.loads", "orjson.loads", "ast.literal_eval", "copy.copy", "copy.deepcopy", "typing.cast", "contextlib.closing",
    "tqdm.tqdm", "tqdm",
    "itertools.chain", "itertools.chain.from_iterable", "more_itertools.chunked", "itertools.islice",
})  # fmt: skip
"""Functions whose result holds their argument's rows, or a part of them."""

NUMBERS = frozenset(
    {"numpy.array", "numpy.asarray", "numpy.stack", "numpy.vstack", "numpy.concatenate", "torch.tensor"}
)
"""Functions that make one array of rows, which may be embeddings or tokens as well as pixels."""

STACKS = frozenset({"torch.stack", "torch.cat"})
"""Stacking rows that are tensors: those of embeddings are told by their names."""
SMALL_VECTORS = re.compile(r"emb|vec|token|ids?$|mask|label|score|logit|box|point", re.IGNORECASE)

PASSING_METHODS = frozenset({
    "to_pylist", "to_arrow", "to_numpy", "to_pandas", "tolist", "to_list", "numpy", "cpu", "cuda", "detach", "to",
    "float",
    "astype", "copy", "clone", "reshape", "squeeze", "unsqueeze", "transpose", "permute", "flatten", "items", "values",
    "get", "pop", "as_py", "combine_chunks", "cast", "rename", "slice", "take", "fill_null", "filter", "to_iterator",
    "strip", "lstrip", "rstrip", "replace", "lower", "removeprefix", "split", "rsplit", "partition", "rpartition",
    "geturl",
    "getvalue", "getbuffer", "as_posix", "resolve", "expanduser", "absolute", "head", "to_dict", "as_audio", "as_video",
    "as_image", "as_file", "decode",
})  # fmt: skip
"""Methods whose result holds the rows of what they are called on, or a part of them."""
GROWING_METHODS = frozenset({"append", "extend", "add", "insert", "put", "appendleft", "update"})
IMAGE_MODES = frozenset({"RGB", "RGBA", "L", "BGR", "CMYK", "YCbCr", "1"})

PROCESSOR = re.compile(r"processor|preprocess|feature_extractor|image_transform", re.IGNORECASE)
PROCESSOR_KEYWORDS = frozenset({"images", "audio", "audios", "raw_speech", "videos", "pixel_values"})
"""Keywords with which an unknown callee that is named a processor takes heavy rows."""

MODEL_LOADERS = frozenset({
    "torch.load", "torch.hub.load", "torch.jit.load", "transformers.pipeline",
    "sentence_transformers.SentenceTransformer",
    "sentence_transformers.CrossEncoder", "ultralytics.YOLO", "ultralytics.SAM", "ultralytics.RTDETR",
    "faster_whisper.WhisperModel", "whisper.load_model", "whisperx.load_model", "spacy.load", "timm.create_model",
    "onnxruntime.InferenceSession", "joblib.load", "tensorflow.keras.models.load_model", "keras.models.load_model",
    "keras.saving.load_model", "tensorflow.saved_model.load", "tensorflow_hub.load", "fasttext.load_model", "clip.load",
    "open_clip.create_model_and_transforms", "open_clip.create_model", "vllm.LLM", "llama_cpp.Llama", "easyocr.Reader",
    "paddleocr.PaddleOCR", "insightface.app.FaceAnalysis", "xgboost.Booster", "lightgbm.Booster", "nemo.load_model",
    "fastembed.TextEmbedding", "fastembed.ImageEmbedding", "flair.models.SequenceTagger.load", "stanza.Pipeline",
    "gensim.models.KeyedVectors.load_word2vec_format", "mlflow.pyfunc.load_model", "catboost.CatBoost.load_model",
    "docling.document_converter.DocumentConverter", "gliner.GLiNER", "ctranslate2.Translator", "ctranslate2.Generator",
})  # fmt: skip
"""Functions that load a model, by qualified name."""
MODEL_LOADER_METHODS = frozenset({"from_pretrained", "load_from_checkpoint", "from_pretrained_keras"})
NOT_MODELS = re.compile(r"Config$")
TORCHVISION_MODEL = re.compile(r"torchvision\.models\.(\w+\.)*[a-z]\w*$")

EMBEDS = re.compile(r"embed|encode_(image|text)|get_(image|text|audio)_features", re.IGNORECASE)
"""Names that say that what a UDF makes are embeddings, which are light."""
EMBEDDING_METHODS = frozenset({"encode"})

CACHES = re.compile(r"cache|memo|singleton", re.IGNORECASE)
CACHE_MISSES = frozenset({"KeyError", "AttributeError", "NameError", "UnboundLocalError"})

USUAL: Mapping[str, str] = {
    "np": "numpy", "Image": "PIL.Image", "ImageOps": "PIL.ImageOps", "sf": "soundfile", "tf": "tensorflow",
    "Path": "pathlib.Path", "SentenceTransformer": "sentence_transformers.SentenceTransformer",
    "YOLO": "ultralytics.YOLO",
    "WhisperModel": "faster_whisper.WhisperModel", "PdfReader": "pypdf.PdfReader",
    "F": "torchvision.transforms.functional",
}  # fmt: skip
"""What names stand for where no import of them is in view (an excerpt in a Markdown file)."""
