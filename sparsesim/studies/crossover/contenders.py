"""`Contender`: a format on a machine, perhaps with a pruner of its own."""

from dataclasses import dataclass
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import Machine, load_machine
from sparsesim.yaml_file import Given

SYNTAX: Final = "FORMAT@MACHINE or FORMAT@MACHINE+PRUNER, such as csr@a100-pcie or nm-2:4@a100-pcie+2:4"


@dataclass(frozen=True)
class Contender:
    """One side of a comparison.

    Attributes:
        format: of the weights, by name or itself.
        machine: by name, path, mapping or itself.
        pruner: by name where it is not that of both sides; one that takes a sparsity gets that of the axis.
    """

    format: str | Format
    machine: Given | Machine
    pruner: str | None = None

    @property
    def label(self) -> str:
        """As it is written: "csr@a100-pcie", "nm-2:4@a100-pcie+2:4"."""
        pruner = "" if self.pruner is None else f"+{self.pruner}"
        return f"{format_by_name(self.format).name}@{load_machine(self.machine).name}{pruner}"

    def loaded(self, on_violation: str | None) -> "Contender":
        """With format and machine as objects; InputError and UnknownNameError for faults in them."""
        machine = load_machine(self.machine)
        machine = machine if on_violation is None else machine.with_on_violation(on_violation)
        return Contender(format_by_name(self.format), machine, self.pruner)


def as_contender(given: Any) -> Contender:
    """A contender as it is, or written as SYNTAX; InputError for anything else."""
    if isinstance(given, Contender):
        return given
    if not isinstance(given, str):
        raise InputError(f"contender: {given!r}: {SYNTAX} is needed")
    format, _, rest = given.partition("@")
    machine, plus, pruner = rest.partition("+")
    if not format or not machine or (plus and not pruner):
        raise InputError(f"contender: {given!r}: {SYNTAX} is needed")
    return Contender(format, machine, pruner or None)
