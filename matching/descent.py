"""Where a smooth convex function of many numbers is lowest: limited-memory BFGS in plain Python, without chance.

Nocedal and Wright, Numerical Optimization, 7.4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_STEPS, _MEMORY = 150, 10
_ENOUGH = 1e-6  # part by which a step must lower the value, or it was the last
Vector = list[float]


def lowest(loss: Callable[[Vector], tuple[float, Vector]], start: Vector) -> Vector:
    """The place where a function is lowest, which `loss` gives with its slope; from `start` downhill."""
    at = start
    value, slope = loss(at)
    memory: deque[tuple[Vector, Vector, float]] = deque(maxlen=_MEMORY)
    for _ in range(_STEPS):
        way = _direction(slope, memory)
        down, pace = _dot(way, slope), 1.0 if memory else 1.0 / max(1.0, sum(map(abs, slope)))
        while True:
            there = [one + pace * step for one, step in zip(at, way, strict=True)]
            new, new_slope = loss(there)
            if new <= value + 1e-4 * pace * down or pace < 1e-9:
                break
            pace /= 2
        if new > value - _ENOUGH * abs(value):
            return there if new < value else at
        step = [one - other for one, other in zip(there, at, strict=True)]
        turn = [one - other for one, other in zip(new_slope, slope, strict=True)]
        if (bend := _dot(step, turn)) > 1e-12:
            memory.append((step, turn, bend))
        at, value, slope = there, new, new_slope
    return at


def _direction(slope: Vector, memory: deque[tuple[Vector, Vector, float]]) -> Vector:
    """Downhill, by what the last steps told of the curve."""
    way = [-one for one in slope]
    amounts: list[float] = []
    for step, turn, bend in reversed(memory):
        amounts.append(_dot(step, way) / bend)
        way = [one - amounts[-1] * other for one, other in zip(way, turn, strict=True)]
    if memory:
        _, turn, bend = memory[-1]
        scale = bend / _dot(turn, turn)
        way = [scale * one for one in way]
    for (step, turn, bend), amount in zip(memory, reversed(amounts), strict=True):
        more = amount - _dot(turn, way) / bend
        way = [one + more * other for one, other in zip(way, step, strict=True)]
    return way


def _dot(one: Vector, other: Vector) -> float:
    return sum([left * right for left, right in zip(one, other, strict=True)])
