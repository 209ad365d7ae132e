"""Published and measured references, and how far the models are from them."""

from sparsesim.validation.data import data_folder
from sparsesim.validation.reference import Progress, Reference
from sparsesim.validation.registry import REFERENCES, reference_by_name
from sparsesim.validation.row import Row, summarise

__all__ = ["REFERENCES", "Progress", "Reference", "Row", "data_folder", "reference_by_name", "summarise"]
