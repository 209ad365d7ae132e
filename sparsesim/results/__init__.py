"""Results: one flat record per operation, format and machine; tables and totals of many."""

from sparsesim.results.baseline import GAINS, compare_to_baseline, compare_to_dense
from sparsesim.results.columns import GIVEN, IDENTITY, NO_WEIGHTS, POINT, UNPRUNED
from sparsesim.results.fastest import TIE, fastest
from sparsesim.results.files import read_results, write_table
from sparsesim.results.labels import Labels
from sparsesim.results.means import geometric_mean
from sparsesim.results.packed_layers import layer_results, packed
from sparsesim.results.point_record import PointRecord, point_record
from sparsesim.results.point_tables import PointTables, point_tables
from sparsesim.results.record import Result
from sparsesim.results.remarks import energy_remarks, priced, priced_points, prices_in_words
from sparsesim.results.tables import result_table
from sparsesim.results.totals import point_object, point_objects, totals, totals_of

__all__ = [
    "GAINS",
    "GIVEN",
    "IDENTITY",
    "NO_WEIGHTS",
    "POINT",
    "TIE",
    "UNPRUNED",
    "Labels",
    "PointRecord",
    "PointTables",
    "Result",
    "compare_to_baseline",
    "compare_to_dense",
    "energy_remarks",
    "fastest",
    "geometric_mean",
    "layer_results",
    "packed",
    "point_object",
    "point_objects",
    "point_record",
    "point_tables",
    "priced",
    "priced_points",
    "prices_in_words",
    "read_results",
    "result_table",
    "totals",
    "totals_of",
    "write_table",
]
