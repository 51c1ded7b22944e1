"""A plugin for pytest: what Daft's own tests ask Daft's internals for, and the newest Daft does not have.

A file that asks for one of them is not about it, and would not even be collected. They get the answers of the older
Daft: `use_legacy_ray_runner` is False there, and PyArrow knows tensors of one shape.
"""

from __future__ import annotations

import daft.utils
from daft.daft import PyDaftExecutionConfig

for owner, name, value in (
    (PyDaftExecutionConfig, "use_legacy_ray_runner", False),
    (daft.utils, "pyarrow_supports_fixed_shape_tensor", lambda: True),
):
    if not hasattr(owner, name):
        setattr(owner, name, value)
