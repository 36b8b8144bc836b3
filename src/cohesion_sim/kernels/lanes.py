"""A resident's eight attitudes as one value: eight lanes of a vector register [own].

Numba has no such type. Eight numbers one by one give the same results, but the compiler has to find the vectors in them
again, which takes it longer than anything else in the rules of encounters. Sums are never reordered, and nothing is
rounded otherwise than one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

LANES = 8
"""Columns of every attitude array: at most eight communities. A fixed width keeps a resident's row in one register."""


class Lanes(types.Type):  # type: ignore[misc]
    """The type of eight numbers of one kind (``dtype``)."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _Register(models.PrimitiveModel):  # type: ignore[misc]
    """Says that `Lanes` are one vector to the compiler."""

    def __init__(self, manager: Any, lanes: Lanes) -> None:
        number = manager.lookup(lanes.dtype).get_value_type()
        super().__init__(manager, lanes, ir.VectorType(number, LANES))


def _spread(context: Any, builder: Any, value: Any, kind: types.Type, lanes: Lanes) -> Any:
    """Return eight times the number ``value`` of type ``kind``; `Lanes` stay as they are."""
    if isinstance(kind, Lanes):
        return value
    number = context.cast(builder, value, kind, lanes.dtype)
    one = builder.insert_element(ir.Constant(_vector(context, lanes), ir.Undefined), number, ir.IntType(32)(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _vector(context: Any, lanes: Lanes) -> ir.VectorType:
    return context.get_value_type(lanes)


def _place(context: Any, builder: Any, flat: Any, kind: types.Array, i: Any, index: types.Type) -> Any:
    """Return where row ``i`` of ``flat`` lies; ``flat`` holds one row of eight after another."""
    first = context.make_array(kind)(context, builder, flat).data
    at = builder.mul(context.cast(builder, i, index, types.uint64), ir.IntType(64)(LANES))
    return builder.bitcast(builder.gep(first, [at]), _vector(context, Lanes(kind.dtype)).as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def row(typing: Any, flat: types.Array, i: types.Type) -> Any:
    """Return the attitudes of resident i; ``flat`` holds one row of eight after another."""

    def load(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, values[0], flat, values[1], i)
        return builder.load(place, align=context.get_abi_alignment(context.get_value_type(flat.dtype)))

    return Lanes(flat.dtype)(flat, i), load


@intrinsic  # type: ignore[untyped-decorator]
def put(typing: Any, flat: types.Array, i: types.Type, a: Lanes) -> Any:
    """Write the attitudes of resident i."""

    def store(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, values[0], flat, values[1], i)
        builder.store(values[2], place, align=context.get_abi_alignment(context.get_value_type(flat.dtype)))
        return context.get_dummy_value()

    return types.void(flat, i, a), store


def _rule(a: types.Type, others: tuple[types.Type, ...], formula: Callable[..., Any]) -> Any:
    """Return signature and code of a ``formula`` over lanes; its operands are vectors, numbers are spread."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pairs = zip(values, signature.args, strict=True)
        return formula(builder, *(_spread(context, builder, value, kind, a) for value, kind in pairs))

    return a(a, *others), code


@intrinsic  # type: ignore[untyped-decorator]
def listen(typing: Any, a: Lanes, b: Lanes, weight: types.Type, confidence: types.Type) -> Any:
    """Return attitudes ``a`` moved towards ``b`` by ``weight`` where they are nearer than ``confidence``."""

    def formula(build: Any, a: Any, b: Any, weight: Any, confidence: Any) -> Any:
        difference = build.fsub(b, a)
        moved = build.fadd(a, build.fmul(weight, difference))
        name = f"llvm.fabs.v{LANES}{a.type.element.intrinsic_name}"
        absolute = cgutils.get_or_insert_function(build.module, ir.FunctionType(a.type, [a.type]), name)
        apart = build.call(absolute, [difference])
        return build.select(build.fcmp_ordered("<", apart, confidence), moved, a)

    return _rule(a, (b, weight, confidence), formula)


@intrinsic  # type: ignore[untyped-decorator]
def towards(typing: Any, a: Lanes, aim: types.Type, step: types.Type) -> Any:
    """Return attitudes ``a`` moved by ``step`` of the way to ``aim``; each is eight numbers, or one for all."""
    return _rule(a, (aim, step), lambda build, a, aim, step: build.fadd(a, build.fmul(step, build.fsub(aim, a))))


@intrinsic  # type: ignore[untyped-decorator]
def scaled(typing: Any, a: Lanes, factor: types.Type) -> Any:
    """Return ``a`` times a factor."""
    return _rule(a, (factor,), lambda build, a, factor: build.fmul(a, factor))


@intrinsic  # type: ignore[untyped-decorator]
def kept(typing: Any, a: Lanes) -> Any:
    """Return attitudes ``a`` kept in [0, 1]."""

    def formula(build: Any, a: Any) -> Any:
        zero, one = (ir.Constant(a.type, [limit] * LANES) for limit in (0.0, 1.0))
        above = build.select(build.fcmp_ordered(">", a, zero), a, zero)
        return build.select(build.fcmp_ordered("<", above, one), above, one)

    return _rule(a, (), formula)
