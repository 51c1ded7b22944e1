"""What Daft's expressions do of what UDFs do: `table` is the knowledge, the rest finds it in the code of a UDF."""

from daft_lint.api.equivalents.calls import Equal as Equal
from daft_lint.api.equivalents.calls import equivalent_of as equivalent_of
