"""From what a file or a script asks for to the tasks of a grid: `Sweep` says it, `resolved` loads and counts it.

The way: `sweep` and `entries` (the fields, validated), `axis` and `ranges` (one or several values), `zips`, `filters`
(what goes together, what stays), `sides` (how many points, before any is made), `settings`, `networks_axis`,
`machine_axis` and `workloads` (the loaded parts of every axis), `task_sets` (tasks of these), `grid` (all of it).
"""
