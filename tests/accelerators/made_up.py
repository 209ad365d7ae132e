"""A small made-up tensor core, whose cycles can be computed by hand whatever the shipped cards are fitted to."""

from sparsesim.hardware import Machine, load_machine

TILE = (128, 128, 32)


def small_card(kernel: str = "gemm", **changes: object) -> Machine:
    """A kernel of the A100 on two SMs of 1024 fp16 products per cycle.

    Nothing else takes time but storing C (64 B per cycle).
    """
    ideal = {
        "sms": 2,
        "tiles": (TILE,),
        "splits": (1,),
        "walk": "swizzled",
        "efficiency": {"other": 1.0},
        "k_step_cycles": {"other": 0.0},
        "round_cycles": 0.0,
        "split_cycles": 0.0,
        "l2": {"size_bytes": 40 << 20},
        "l2_partitions": 2,
        "l2_bytes_per_cycle": 1e6,
        "cluster": 1,
        "own_kernels": {},
        "stages": 4,
    }
    if kernel == "gemm":
        ideal["macs_per_cycle"] = {"fp16": 2048, "int8": 4096, "tf32": 1024}
    return load_machine("a100-pcie").only(kernel).with_accelerator(**{**ideal, **changes})
