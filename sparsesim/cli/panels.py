"""The help of a command: its options in panels, and an example."""

from typing import Any, Final

from typer.core import TyperCommand

SIMULATION: Final = "Simulation"
NETWORK_FILE: Final = "Network file"
SAMPLES: Final = "Samples"
OUTPUT: Final = "Output"
"""Panels (`rich_help_panel`); what only one command has stands under Options."""


class PanelledCommand(TyperCommand):
    """Options in the panels that they name, and the epilog as an example, all as plain text.

    Contexts and formatters are those of the Click that Typer brings along, whose place differs between its versions.
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments first, what is written last, whichever was declared first."""
        panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            own = "Arguments" if parameter.param_type_name == "argument" else "Options"
            panel = OUTPUT if parameter.name == "help" else getattr(parameter, "rich_help_panel", None) or own
            if record := parameter.get_help_record(ctx):
                panels.setdefault(panel, []).append(record)
        for panel in sorted((name for name in panels if panels[name]), key=lambda name: name == OUTPUT):
            with formatter.section(panel):
                formatter.write_dl(panels[panel])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """On a line of its own, that it can be copied."""
        with formatter.section("Example"):
            formatter.write(f"  {self.epilog}\n")
