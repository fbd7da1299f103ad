"""numpy's own sine, and the like, for kernels.

numpy computes sin, tan, arcsin, power, ... with vector code chosen for the processor, and its last
bit is not always that of the C library, which compiled kernels would call. That bit matters here:
highway-env's steering controller is unstable at walking speed and blows an ulp up to a full lock
within a second. So the kernels call the very loop that numpy calls for one number.

A ufunc keeps its loops in a public C structure (PyUFuncObject in numpy/ufuncobject.h): functions of
(arguments, count, strides, data). Their addresses are announced to the linker under names of ours,
which compiled code refers to; so it can be cached although addresses differ in every process.
"""

from __future__ import annotations

import ctypes

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


class _Ufunc(ctypes.Structure):
    """The head of PyUFuncObject, as far as it is needed."""

    _fields_ = (
        ("head", ctypes.c_byte * object.__basicsize__),
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
    )


def _announce(ufunc: np.ufunc) -> str:
    """Tell the linker where the loop for doubles and its data are; returns the loop's name."""
    loop = ufunc.types.index("d" * ufunc.nin + "->d")
    inside = _Ufunc.from_address(id(ufunc))
    if (inside.nin, inside.nout) != (ufunc.nin, ufunc.nout):
        raise ImportError(f"numpy {np.__version__}: expected the known layout of np.{ufunc}")
    name = f"roadloop_numpy_{ufunc.__name__}"
    llvmlite.binding.add_symbol(name, inside.functions[loop])
    # A loop without data never looks at it: any address will do.
    data = inside.data[loop] if inside.data else None
    llvmlite.binding.add_symbol(f"{name}_data", data or inside.functions[loop])
    return name


def _call(name: str, builder: ir.IRBuilder, numbers: list[ir.Value]) -> ir.Value:
    """IR that hands numbers to a loop, one at a time, and takes its result."""
    pointer, integer = ir.IntType(8).as_pointer(), ir.IntType(64)
    slots = [cgutils.alloca_once_value(builder, number) for number in numbers]
    slots.append(cgutils.alloca_once(builder, ir.DoubleType()))
    arguments = cgutils.alloca_once(builder, ir.ArrayType(pointer, len(slots)))
    for k, slot in enumerate(slots):
        builder.store(
            builder.bitcast(slot, pointer), cgutils.gep_inbounds(builder, arguments, 0, k)
        )
    count = cgutils.alloca_once_value(builder, integer(1))
    strides = cgutils.alloca_once_value(
        builder, ir.Constant(ir.ArrayType(integer, len(slots)), [0] * len(slots))
    )
    signature = ir.FunctionType(ir.VoidType(), [pointer] * 4)
    loop = cgutils.get_or_insert_function(builder.module, signature, name)
    data = builder.module.globals.get(f"{name}_data") or ir.GlobalVariable(
        builder.module, ir.IntType(8), f"{name}_data"
    )
    casts = [builder.bitcast(value, pointer) for value in (arguments, count, strides, data)]
    builder.call(loop, casts)
    return builder.load(slots[-1])


def _of_one(ufunc: np.ufunc):
    name = _announce(ufunc)

    @intrinsic
    def function(typing, x):  # noqa: ARG001, numba's protocol
        def generate(context, builder, signature, args):  # noqa: ARG001
            return _call(name, builder, list(args))

        return types.float64(types.float64), generate

    return function


def _of_two(ufunc: np.ufunc):
    name = _announce(ufunc)

    @intrinsic
    def function(typing, x, y):  # noqa: ARG001
        def generate(context, builder, signature, args):  # noqa: ARG001
            return _call(name, builder, list(args))

        return types.float64(types.float64, types.float64), generate

    return function


sin, cos, tan = _of_one(np.sin), _of_one(np.cos), _of_one(np.tan)
arcsin, arctan = _of_one(np.arcsin), _of_one(np.arctan)
arctan2, power = _of_two(np.arctan2), _of_two(np.power)
