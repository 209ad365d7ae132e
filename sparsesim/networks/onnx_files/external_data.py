"""Values that an ONNX file keeps in other files: read from its own folder only, and only what lies there."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.onnx_files.stored_tensors import StoredTensor, stored_bytes, stored_tensors

if TYPE_CHECKING:
    from onnx import ModelProto

_MAX_DIGITS: Final = 19
"""Of an offset or length that 64 bits hold."""


def load_external_data(model: "ModelProto", folder: Path) -> None:
    """Put the values that tensors keep in other files into the model.

    Raises InputError for a file that is missing or lies outside of the folder, for an offset or length beyond its
    end, for a length that does not fit the tensor, and for more values than memory allows.
    """
    from onnx import TensorProto

    found = [each for each in stored_tensors(model) if each.tensor.data_location == TensorProto.EXTERNAL]
    parts = [_Part(stored, folder) for stored in found]
    check_memory("what the ONNX file stores as external data", sum(part.length for part in parts))
    for part in parts:
        part.load()


class _Part:
    """The stretch of a file that holds the values of one tensor."""

    def __init__(self, stored: StoredTensor, folder: Path) -> None:
        self.place, self.tensor = stored
        entries = {entry.key: entry.value for entry in self.tensor.external_data}
        self.path = _inside(self.place, entries.get("location", ""), folder)
        needed = stored_bytes(self.place, self.tensor)
        self.offset = _number(self.place, "offset", entries.get("offset", "0"))
        self.length = _number(self.place, "length", entries.get("length", str(needed)))
        if self.length != needed:
            dims = list(self.tensor.dims)
            raise InputError(f"{self.place}: length: {self.length}: its dims {dims} need {needed} bytes")
        size_bytes = self.path.stat().st_size
        if self.offset + self.length > size_bytes:
            raise InputError(
                f"{self.place}: offset: {self.offset}: {self.length} bytes from there end behind the {size_bytes} of "
                f"{self.path.name}"
            )

    def load(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            self.tensor.raw_data = file.read(self.length)
        self.tensor.ClearField("external_data")
        self.tensor.ClearField("data_location")


def _inside(place: str, location: str, folder: Path) -> Path:
    """The file that is meant, links followed; InputError if it is none, or lies outside of the folder."""
    try:
        path = (folder / location).resolve()
        is_file = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, names that no file system holds
        raise InputError(f"{place}: location: {location!r}: not a name of a file") from error
    if not path.is_relative_to(folder.resolve()):
        raise InputError(f"{place}: location: {location!r}: it must lie in the folder of the ONNX file")
    if not is_file:
        raise InputError(f"{place}: location: {location!r}: no such file in the folder of the ONNX file")
    return path


def _number(place: str, field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise InputError(f"{place}: {field}: {text!r}: a whole number from 0 up is needed")
    return int(text)
