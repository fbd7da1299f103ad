"""One process or several: `torchrun --nproc-per-node=N` starts several, each with a part of every
batch; without it there is one. GPUs talk through NCCL, processors through Gloo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")  # what processors call having it


def _processor() -> dict[str, object]:
    """What the processor can do; nothing where torch cannot tell (before 2.12)."""
    return dict(getattr(torch.cpu, "get_capabilities", dict)())


@dataclass(frozen=True, slots=True)
class Processes:
    """Who this process is among all that train together."""

    rank: int
    count: int
    device: torch.device
    compiled: bool = False  # networks' operations are fused before they run

    @property
    def is_first(self) -> bool:
        """The one that writes and speaks."""
        return self.rank == 0

    def autocast(self) -> torch.autocast:
        """A context in which networks compute in bfloat16, where the device has it: a processor
        that has not emulates it in twice the time."""
        has = self.device.type == "cuda" or any(_processor().get(name) for name in _BFLOAT16)
        return torch.autocast(self.device.type, torch.bfloat16, enabled=has)

    def trained(self, network: nn.Module) -> nn.Module:
        """What to call in the place of a network so that it is trained by all together. It has the
        same weights."""
        if self.compiled:
            network = torch.compile(network)  # type: ignore[assignment]
        return DistributedDataParallel(network) if self.count > 1 else network

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            distributed.barrier()

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean over all processes."""
        if self.count == 1:
            return value
        together = value.detach().clone()
        distributed.all_reduce(together)
        return together / self.count


@contextmanager
def joined(device: str, compiled: bool = False) -> Iterator[Processes]:
    """Join the processes that torchrun started, if it did. `device`: "auto" takes a GPU if there
    is one."""
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if "TORCHELASTIC_RUN_ID" not in os.environ:  # torchrun's own way to tell its processes
        yield Processes(0, 1, torch.device(kind), compiled)
        return
    place = torch.device(kind, int(os.environ["LOCAL_RANK"])) if kind == "cuda" else kind
    distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        rank, count = distributed.get_rank(), distributed.get_world_size()
        yield Processes(rank, count, torch.device(place), compiled)
    finally:
        distributed.destroy_process_group()
