"""The measured tables as described in `models/validation/tensor-core.yaml`."""

from collections.abc import Mapping

from pydantic import Field

from sparsesim.quantities import Figure, WholeFigure
from sparsesim.validation.published import PublishedValues
from sparsesim.yaml_file import Description


class Written(Description):
    """Number types in which the measured kernels write C; empty for that of the operands."""

    dense: str = ""
    sparse: str = ""


class GemmTables(Description):
    """Tables of dense and 2:4 times: the machine of every card, and which constants were fitted on which weights."""

    tables: str
    sources: Mapping[str, str]
    runs: WholeFigure = Field(gt=0)
    machines: Mapping[str, str]
    dtypes: Mapping[str, str]
    writes: Mapping[str, Written]
    fitted: Mapping[str, Mapping[str, tuple[tuple[WholeFigure, WholeFigure], ...]]]
    constants: Mapping[str, Mapping[str, tuple[str, ...]]]

    def fitted_on(self, card: str, dtype: str) -> tuple[tuple[int, int], ...]:
        """Weights [N, K] on whose times constants were fitted; all token counts go together."""
        return self.fitted.get(card, {}).get(dtype, ())

    def written(self, dtype: str) -> Written:
        """What the kernels of a type write."""
        return self.writes.get(dtype, Written())


class SingleTable(Description):
    """One table that was measured on one card; `runs` follow each other, None if that is not known."""

    source: str
    table: str
    card: str
    machine: str
    dtype: str
    runs: WholeFigure | None = Field(gt=0)
    fitted: tuple[tuple[WholeFigure, WholeFigure], ...] = ()
    """Weights [N, K] on whose times a constant of the machine was fitted."""


class Llmcompass(SingleTable):
    """Times that a host saw: `host_us` are not spent on the card. `their_error_pct` is that of LLMCompass."""

    host_us: Figure = Field(ge=0)
    their_error_pct: Figure


class TensorCoreValues(PublishedValues):
    """Everything that the reference `tensor-core` compares with."""

    gemm: GemmTables
    llmcompass: Llmcompass
    venom: SingleTable
