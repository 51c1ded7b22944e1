"""What a pipeline does, predicted: rows of the largest call, tasks, nodes, model loads, heavy data that is moved,
files, row order. Exact where the facts are exact, else a bound or unknown; `compare` says what an edit makes of it."""

from daft_lint.pipeline.dataflow.effects.amount import Amount as Amount
from daft_lint.pipeline.dataflow.effects.amount import Verdict as Verdict
from daft_lint.pipeline.dataflow.effects.comparison import Change as Change
from daft_lint.pipeline.dataflow.effects.comparison import compare as compare
from daft_lint.pipeline.dataflow.effects.comparison import words as words
from daft_lint.pipeline.dataflow.effects.effects import CallEffects as CallEffects
from daft_lint.pipeline.dataflow.effects.effects import Effects as Effects
from daft_lint.pipeline.dataflow.effects.effects import RowOrder as RowOrder
from daft_lint.pipeline.dataflow.effects.effects import effects_of as effects_of
from daft_lint.pipeline.dataflow.effects.prediction import Prediction as Prediction
from daft_lint.pipeline.dataflow.effects.prediction import predict as predict
