"""Calls that change something outside of the process: files, object stores, databases, servers."""

from __future__ import annotations

from daft_lint.pipeline.udf_body.waiting import REQUESTS

SENDING = frozenset(name for name in REQUESTS if name.rpartition(".")[2] in ("post", "put", "patch", "delete"))
"""Requests that change something on a server; where the answer is used they may as well be questions."""

CHANGING = frozenset({
    "os.remove", "os.unlink", "os.rename", "os.replace", "os.makedirs", "os.mkdir", "os.rmdir", "os.symlink",
    "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree", "shutil.move", "shutil.rmtree",
    "numpy.save", "numpy.savez", "torch.save", "joblib.dump", "cv2.imwrite", "imageio.imwrite", "soundfile.write",
    "urllib.request.urlretrieve", "pyarrow.parquet.write_table", "pyarrow.csv.write_csv",
})  # fmt: skip
"""Functions that write, move or remove files, by qualified name."""

CHANGING_METHODS = frozenset({
    "put_object", "upload_file", "upload_fileobj", "delete_object", "delete_objects", "copy_object",
    "upload_from_string", "upload_from_filename", "upload_from_file", "upload_blob", "delete_blob",
    "write_text", "write_bytes", "unlink", "executemany", "insert_one", "insert_many", "update_one", "update_many",
    "replace_one", "delete_one", "delete_many", "bulk_write", "upsert", "send_message", "publish", "put_item",
    "to_parquet", "to_csv", "to_json", "hset", "rpush", "lpush",
})  # fmt: skip
"""Methods of clients, paths and tables that change what is outside, whatever they are called on."""

WRITING_MODES = frozenset("wax+")
"""Letters of the mode of `open` with which a file is written."""
