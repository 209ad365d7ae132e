"""Published and measured references, and how far the models are from them."""

from sparsesim.validation.matrices import data_folder
from sparsesim.validation.reference import Reference, Watch
from sparsesim.validation.registry import REFERENCES, reference_by_name
from sparsesim.validation.row import Row, summarise

__all__ = ["REFERENCES", "Reference", "Row", "Watch", "data_folder", "reference_by_name", "summarise"]
