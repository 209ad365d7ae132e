"""What was found, as files that other commands read: machines, plans and the table of the front."""

from pathlib import Path
from typing import Any

import yaml

from sparsesim.atomic import replacing
from sparsesim.hardware import machine_names
from sparsesim.hardware.fields import named, paths
from sparsesim.results import write_table
from sparsesim.studies.exploring.found import Explored
from sparsesim.studies.exploring.prepared import Prepared
from sparsesim.studies.exploring.space import Candidate
from sparsesim.studies.exploring.storing import FIGURES
from sparsesim.studies.plan import Plan, save_plan


def save(found: Explored, folder: Path | str) -> list[Path]:
    """Write the front as NAME-front.csv, and every machine and plan on it as NAME-machine-TRIAL.yaml and NAME-plan-...

    A machine is based on the one that was given, by its name or else its path, with the source of every number that was
    found. Raises OSError where a file cannot be written.
    """
    folder, name = Path(folder), found.prepared.exploration.name
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{name}-front.csv"
    write_table(found.front, table)
    written = [table]
    for trial in found.front_trials:
        candidate = found.candidate(trial.number)
        if candidate.machine:
            path = folder / f"{name}-machine-{trial.number}.yaml"
            fields = machine_fields(found.prepared, candidate, f"{name}-{trial.number}", _told(found, trial.number))
            with replacing(path) as new:
                new.write_text(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True), encoding="utf-8")
            written.append(path)
        if candidate.sparsity:
            formats = trial.user_attrs[FIGURES]["formats"]
            plan = plan_of(found.prepared, candidate, _told(found, trial.number), formats)
            written.append(save_plan(plan, folder / f"{name}-plan-{trial.number}.yaml"))
    return written


def machine_fields(prepared: Prepared, candidate: Candidate, name: str, source: str) -> dict[str, Any]:
    """The file of a machine with the fields of a candidate."""
    base = prepared.exploration.machine
    given = base if base in machine_names() else str(Path(base).name)
    fields: dict[str, Any] = {
        "name": name,
        "description": f"{prepared.machine.name}, {source}",
        "based_on": given,
    }
    known, sources = paths(prepared.machine), {}
    for path, value in candidate.machine.items():
        for steps in named(prepared.machine, path, known):
            below = fields
            for step in steps[:-1]:
                below = below.setdefault(step, {})
            below[steps[-1]] = value
            sources[".".join(steps)] = source
    return fields | {"sources": sources}


def plan_of(prepared: Prepared, candidate: Candidate, source: str, formats: dict[str, str]) -> Plan:
    """The plan of a candidate; the formats, which a plan does not choose, stand in its notes."""
    by_format: dict[str, list[str]] = {}
    for layer, format in formats.items():
        by_format.setdefault(format, []).append(layer)
    told = "; ".join(
        f"{format}: {'all layers' if len(by_format) == 1 else ', '.join(layers)}"
        for format, layers in by_format.items()
    )
    layers = {
        call.name: prepared.layer_choice(sparsity)
        for layer, sparsity in candidate.sparsity.items()
        for call in prepared.calls(layer)
    }
    return Plan(network=prepared.networks[0].name, notes=f"{source}; stored as {told}", layers=layers)


def _told(found: Explored, trial: int) -> str:
    given = found.prepared.exploration
    goals = ", ".join(f"{way} {name}" for name, way in given.objectives.items())
    return f"found by the exploration {given.name} ({'; '.join([goals, *given.constraints])}), trial {trial}"
