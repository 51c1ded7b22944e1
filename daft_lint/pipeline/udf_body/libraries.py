"""What library functions do with the data that they are given: which decode it, open what it points to, hand it on, or
load a model. Names are qualified, as imports make them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.name_resolver import USUAL_MODULES


class Use(enum.Enum):
    """What a call does with the value that it is given, as far as that says something of the column."""

    DECODES = "decodes"
    """It takes the data itself, so the column is heavy."""
    OPENS = "opens"
    """It opens the path, URL or file reference."""
    NOTHING = "nothing"
    """It does neither, or one cannot tell."""


@dataclass(frozen=True, slots=True)
class ArgumentUse:
    """What a function does with one of its arguments: given a row as it is, or given an in-memory file made from it."""

    row: Use
    buffer: Use
    position: int = 0
    keywords: tuple[str, ...] = ()


def _opener(position: int = 0, *keywords: str) -> ArgumentUse:
    """Opens a path; decodes an in-memory file."""
    return ArgumentUse(Use.OPENS, Use.DECODES, position, keywords)


def _decoder(position: int = 0, *keywords: str) -> ArgumentUse:
    """Takes the data itself."""
    return ArgumentUse(Use.DECODES, Use.DECODES, position, keywords)


def _either(position: int = 0, *keywords: str) -> ArgumentUse:
    """Takes a path or the data: only an in-memory file says which."""
    return ArgumentUse(Use.NOTHING, Use.DECODES, position, keywords)


def _named(names: str, *uses: ArgumentUse) -> dict[str, tuple[ArgumentUse, ...]]:
    return dict.fromkeys(names.split(), uses)


_PDF_STREAM = (_decoder(1, "stream"), ArgumentUse(Use.OPENS, Use.DECODES, 0, ("filename",)))

USES: Mapping[str, tuple[ArgumentUse, ...]] = {
    # images
    **_named("PIL.Image.open", _opener(0, "fp")),
    **_named("PIL.Image.fromarray", _decoder(0, "obj")),
    **_named("PIL.Image.frombytes PIL.Image.frombuffer", _decoder(2, "data")),
    **_named("cv2.imdecode", _decoder(0, "buf")),
    **_named("cv2.imread cv2.VideoCapture", _opener(0, "filename")),
    **_named(
        "cv2.cvtColor cv2.resize cv2.GaussianBlur cv2.Canny cv2.Laplacian cv2.medianBlur cv2.warpAffine cv2.flip",
        _decoder(0, "src", "image"),
    ),
    **_named("cv2.imencode", _decoder(1, "img")),
    **_named(
        "imageio.imread imageio.v2.imread imageio.v3.imread imageio.get_reader imageio.v3.imiter", _either(0, "uri")
    ),
    **_named("skimage.io.imread tifffile.imread tifffile.TiffFile", _opener(0, "fname")),
    **_named("torchvision.io.decode_image torchvision.io.decode_jpeg torchvision.io.decode_png", _either(0, "input")),
    **_named("torchvision.io.read_image torchvision.io.read_video torchvision.io.VideoReader", _opener(0)),
    **_named(
        "tensorflow.io.decode_image tensorflow.io.decode_jpeg tensorflow.io.decode_png tensorflow.image.decode_image "
        "tensorflow.image.decode_jpeg tensorflow.image.decode_png tensorflow.image.resize tensorflow.audio.decode_wav",
        _decoder(0, "contents"),
    ),
    **_named("tensorflow.io.read_file", _opener(0, "filename")),
    # audio and video
    **_named("torchaudio.load torchaudio.info", _opener(0, "uri", "filepath")),
    **_named("torchaudio.functional.resample", _decoder(0, "waveform")),
    **_named("soundfile.read soundfile.SoundFile soundfile.info soundfile.blocks", _opener(0, "file")),
    **_named("librosa.load", _opener(0, "path")),
    **_named("librosa.resample librosa.stft librosa.to_mono librosa.get_duration", _decoder(0, "y")),
    **_named(
        "pydub.AudioSegment.from_file pydub.AudioSegment.from_mp3 pydub.AudioSegment.from_wav", _opener(0, "file")
    ),
    **_named("scipy.io.wavfile.read wave.open audioread.audio_open", _opener(0)),
    **_named("whisper.load_audio whisperx.load_audio faster_whisper.decode_audio", _opener(0, "file", "input_file")),
    **_named("av.open decord.VideoReader decord.AudioReader video_reader.PyVideoReader", _opener(0, "file", "uri")),
    **_named("torchcodec.decoders.VideoDecoder torchcodec.decoders.AudioDecoder", _either(0, "source")),
    **_named(
        "moviepy.VideoFileClip moviepy.editor.VideoFileClip moviepy.AudioFileClip ffmpeg.input", _opener(0, "filename")
    ),
    # documents and scientific data
    **_named("pymupdf.open pymupdf.Document fitz.open fitz.Document", *_PDF_STREAM),
    **_named("pymupdf4llm.to_markdown", _opener(0, "doc")),
    **_named("pypdf.PdfReader PyPDF2.PdfReader pdfplumber.open", _opener(0, "stream", "path_or_fp")),
    **_named("pdfminer.high_level.extract_text", _opener(0, "pdf_file")),
    **_named("pypdfium2.PdfDocument", _either(0, "input")),
    **_named("pdf2image.convert_from_bytes", _decoder(0, "pdf_file")),
    **_named("pdf2image.convert_from_path", _opener(0, "pdf_path")),
    **_named("docx.Document openpyxl.load_workbook pptx.Presentation", _opener(0)),
    **_named("pydicom.dcmread nibabel.load rasterio.open h5py.File trimesh.load", _opener(0)),
    **_named("rasterio.io.MemoryFile rasterio.MemoryFile", _decoder(0)),
    **_named("zipfile.ZipFile", _opener(0, "file")),
    **_named("tarfile.open", _opener(0, "name"), _opener(2, "fileobj")),
    **_named(
        "pandas.read_excel pandas.read_parquet pyarrow.parquet.read_table pyarrow.parquet.ParquetFile", _opener(0)
    ),
    **_named("pandas.read_csv polars.read_parquet polars.read_csv", ArgumentUse(Use.OPENS, Use.NOTHING, 0)),
    # arrays
    **_named("numpy.frombuffer torch.frombuffer", _decoder(0, "buffer")),
    **_named("numpy.load torch.load", _opener(0, "file", "f")),
    **_named("numpy.fromfile", _opener(0, "file")),
    # files
    **_named(
        "open io.open builtins.open gzip.open bz2.open lzma.open", ArgumentUse(Use.OPENS, Use.NOTHING, 0, ("file",))
    ),
    **_named(
        "smart_open.open fsspec.open aiofiles.open",
        ArgumentUse(Use.OPENS, Use.NOTHING, 0, ("uri", "urlpath", "file")),
    ),
    **_named("numpy.loadtxt numpy.genfromtxt", ArgumentUse(Use.OPENS, Use.NOTHING, 0, ("fname",))),
    **_named("shutil.copy shutil.copyfile", ArgumentUse(Use.OPENS, Use.NOTHING, 0, ("src",))),
}
"""Functions that decode data or open paths, by qualified name."""

IMAGE_MAKERS = frozenset({"cv2.imdecode", "cv2.imread", "cv2.cvtColor", "PIL.Image.open", "tifffile.imread"})
"""Functions that return a decoded image."""

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
    "requests_futures.sessions.FuturesSession", "urllib3.PoolManager", "urllib3.ProxyManager",
})  # fmt: skip
CLIENTS = SESSIONS | frozenset({
    "boto3.client", "boto3.resource", "openai.OpenAI", "openai.AsyncOpenAI", "openai.AzureOpenAI",
    "openai.AsyncAzureOpenAI", "anthropic.Anthropic", "anthropic.AsyncAnthropic", "google.cloud.storage.Client",
    "qdrant_client.QdrantClient", "pymongo.MongoClient", "redis.Redis", "elasticsearch.Elasticsearch",
    "groq.Groq", "mistralai.Mistral", "cohere.Client", "google.genai.Client", "google.generativeai.GenerativeModel",
    "vertexai.generative_models.GenerativeModel",
})  # fmt: skip
"""What sends requests, by the qualified name of what makes it."""
CONNECTIONS = frozenset({
    "psycopg2.connect", "psycopg.connect", "pymysql.connect", "mysql.connector.connect", "pyodbc.connect",
    "snowflake.connector.connect", "oracledb.connect",
})  # fmt: skip
"""What connects to a database on a server."""
SESSION_NAMES = frozenset({"session", "_session", "sess", "http_session", "http_client", "http"})
"""Names of what gets URLs where its constructor is not in view."""

OBJECT_STORE_METHODS = frozenset({"get_object", "download_file", "download_fileobj", "download_as_bytes", "cat_file"})
"""Methods of boto3 and fsspec clients, given a key from the column."""

FILE_METHODS = frozenset({"open", "to_tempfile", "read_bytes", "read_text"})
"""Methods that open the file reference or path that they are called on."""
FILE_REFERENCE_METHODS = frozenset({
    "read", "to_numpy", "frames", "keyframes", "get_frame_by_idx", "resample", "decode",
    "metadata", "keys", "attrs", "visit",
})  # fmt: skip
"""Methods that open what is declared as a `daft.File` or one of its kinds."""

IN_MEMORY_FILES = frozenset(
    {"io.BytesIO", "BytesIO", "tempfile.SpooledTemporaryFile", "pyarrow.BufferReader", "pyarrow.py_buffer"}
)

PASS_THROUGH = frozenset({
    "list", "tuple", "iter", "next", "reversed", "sorted", "set", "bytes", "bytearray", "memoryview", "str", "dict",
    "os.fspath", "os.path.abspath", "os.path.expanduser", "os.path.normpath", "urllib.request.Request",
    "urllib.parse.urlparse", "urllib.parse.unquote", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath",
    "numpy.ascontiguousarray", "numpy.squeeze", "numpy.transpose", "torch.from_numpy", "torch.as_tensor",
    "base64.b64decode", "base64.standard_b64decode", "base64.urlsafe_b64decode", "gzip.decompress", "zlib.decompress",
    "gzip.compress", "zlib.compress", "bz2.compress", "lzma.compress",
    "json.loads", "orjson.loads", "ast.literal_eval", "copy.copy", "copy.deepcopy", "typing.cast", "contextlib.closing",
    "tqdm.tqdm", "tqdm",
    "itertools.chain", "itertools.chain.from_iterable", "more_itertools.chunked", "itertools.islice",
})  # fmt: skip
"""Functions whose result holds their argument's rows, or a part of them."""

SMALL_MAKERS = frozenset({
    "json.dumps", "orjson.dumps", "ujson.dumps", "simplejson.dumps", "msgspec.json.encode", "struct.pack",
})  # fmt: skip
"""Functions that make a record of a few bytes."""
SERIALIZERS = frozenset({
    "pickle.dumps", "cloudpickle.dumps", "daft.pickle.dumps", "dill.dumps", "marshal.dumps", "msgpack.packb",
    "msgpack.dumps", "ormsgpack.packb", "msgspec.msgpack.encode", "cbor2.dumps", "bson.encode",
})  # fmt: skip
"""Functions that make one of a record, or hold what is heavy as it is."""
ARRAY_METHODS = frozenset({"astype", "copy", "ravel", "flatten", "squeeze", "round", "clip", "tolist"})
"""Methods of an array that return one of as many numbers."""
SMALL_METHODS = frozenset({"digest", "to_bytes"})
"""Methods that make a few bytes: of a hash, an integer."""

PROGRAM_RUNNERS = frozenset({
    "subprocess.run", "subprocess.check_output", "subprocess.check_call", "subprocess.call", "subprocess.Popen",
    "subprocess.getoutput", "os.system", "os.popen", "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
})  # fmt: skip
"""Functions that run a program."""
READING_PROGRAMS = frozenset(
    "ffprobe mediainfo exiftool file identify convert magick tesseract pdftotext pdftoppm pdfinfo pdfimages mutool gs "
    "qpdf pandoc soffice libreoffice antiword catdoc sox soxi fpcalc cat head tail zcat gunzip unzip 7z tar wc "
    "md5sum sha1sum sha256sum gdalinfo gdal_translate ncdump h5dump samtools bcftools exrheader curl wget".split()
)
"""Programs that open each file or URL among their arguments."""

ARRAY_MAKERS = frozenset(
    {"numpy.array", "numpy.asarray", "numpy.stack", "numpy.vstack", "numpy.concatenate", "torch.tensor"}
)
"""Functions that make one array of rows, which may be embeddings or tokens as well as pixels."""

FILLED_ARRAYS = frozenset({"numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full"})
"""Functions that make an array of the shape that they are given first."""

RANDOM_ARRAYS = frozenset({"numpy.random.rand", "numpy.random.randn"})
"""Functions that make an array whose lengths are their arguments."""

SCALARS = frozenset({"len", "int", "float", "round", "ord", "hash", "numpy.linalg.norm", "math.sqrt", "math.log"})
"""Functions that make one number."""

TENSOR_STACKS = frozenset({"torch.stack", "torch.cat"})
"""Stacking rows that are tensors: those of embeddings are told by their names."""
SMALL_VECTOR_NAMES = re.compile(r"emb|vec|token|ids?$|mask|label|score|logit|box|point|hist", re.IGNORECASE)

PASS_THROUGH_METHODS = frozenset({
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
ADDING_METHODS = frozenset({"append", "extend", "add", "insert", "put", "appendleft", "update"})
IMAGE_MODES = frozenset({"RGB", "RGBA", "L", "BGR", "CMYK", "YCbCr", "1"})

PROCESSOR_NAMES = re.compile(r"processor|preprocess|feature_extractor|image_transform", re.IGNORECASE)
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
    "docling.document_converter.DocumentConverter", "gliner.GLiNER", "presidio_analyzer.AnalyzerEngine",
    "ctranslate2.Translator", "ctranslate2.Generator",
})  # fmt: skip
"""Functions that load a model, by qualified name."""
MODEL_LOADER_METHODS = frozenset({"from_pretrained", "load_from_checkpoint", "from_pretrained_keras"})
MODEL_LOADING_METHODS = frozenset({"load_model", "load_checkpoint"})
"""Methods by which an object that the body has made loads its model."""
NOT_MODEL_NAMES = re.compile(r"Config$")
TORCHVISION_MODEL = re.compile(r"torchvision\.models\.(\w+\.)*[a-z]\w*$")

EMBEDDING_NAMES = re.compile(r"embed|encode_(image|text)|get_(image|text|audio)_features", re.IGNORECASE)
"""Names that say that what a UDF makes are embeddings, which are light."""
EMBEDDING_METHODS = frozenset({"encode"})

CACHE_NAMES = re.compile(r"cache|memo|singleton", re.IGNORECASE)
CACHE_MISS_ERRORS = frozenset({"KeyError", "AttributeError", "NameError", "UnboundLocalError"})

USUAL_NAMES: Mapping[str, str] = {
    **USUAL_MODULES, "ImageOps": "PIL.ImageOps", "sf": "soundfile", "Path": "pathlib.Path",
    "SentenceTransformer": "sentence_transformers.SentenceTransformer", "YOLO": "ultralytics.YOLO",
    "WhisperModel": "faster_whisper.WhisperModel", "PdfReader": "pypdf.PdfReader",
    "F": "torchvision.transforms.functional",
}  # fmt: skip
"""What names stand for where no import of them is in view."""
