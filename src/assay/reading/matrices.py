"""Matrices in any dress: lists of rows, columns written as tuples, transposes, factors, and sums of unit vectors."""

from __future__ import annotations

from collections.abc import Callable

from assay.reading.building import product, symbols, total
from assay.reading.identity import identical
from assay.reading.nodes import Call, Matrix, Node, Sym, Text, Tuple

TRANSPOSED = (Sym("T"), Sym("t"), Sym("\\top"), Sym("\\intercal"))


def same_matrix(wanted: Node, given: Node, equal: Callable[[Node, Node], bool]) -> bool:
    """Whether two answers are the same matrix or vector, at least one of them written as one."""
    if all(
        isinstance(side, Tuple) and not any(isinstance(part, Tuple) for part in side.parts) for side in (wanted, given)
    ):
        return False
    one, two = as_matrix(wanted), as_matrix(given)
    if one is None or two is None:
        return False
    if isinstance(wanted, Tuple) != isinstance(given, Tuple):  # a tuple is a row or a column
        one, two = (_column(side) for side in (one, two))
    if [len(row) for row in one.rows] != [len(row) for row in two.rows]:
        return False
    return all(
        equal(a, b) for row, other in zip(one.rows, two.rows, strict=True) for a, b in zip(row, other, strict=True)
    )


def as_matrix(node: Node) -> Matrix | None:
    """The matrix that an answer is, calculated where it is written as a calculation; `None` for anything else."""
    if isinstance(node, Matrix):
        return node
    if isinstance(node, Tuple):
        rows = [part.parts if isinstance(part, Tuple) else () for part in node.parts]
        if all(rows) and node.opening == "[" and len({len(row) for row in rows}) == 1:
            return Matrix(tuple(rows))
        return Matrix((node.parts,)) if node.opening in ("(", "[") else None
    if not isinstance(node, Call):
        return None
    if node.head == "^" and node.args[1] in TRANSPOSED:
        inside = as_matrix(node.args[0])
        return inside and Matrix(tuple(zip(*inside.rows, strict=True)))
    parts = [as_matrix(part) for part in node.args]
    known = [part for part in parts if part is not None]
    if node.head == "*" and len(known) == 1:
        factor = product(*(part for part, read in zip(node.args, parts, strict=True) if read is None))
        return Matrix(tuple(tuple(product(factor, cell) for cell in row) for row in known[0].rows))
    if node.head == "+" and len(known) == len(parts) and len({tuple(map(len, m.rows)) for m in known}) == 1:
        return Matrix(
            tuple(
                tuple(total(*cells) for cells in zip(*rows, strict=True))
                for rows in zip(*(m.rows for m in known), strict=True)
            )
        )
    return None


def _column(matrix: Matrix) -> Matrix:
    """A row or a column as a column; any other matrix is itself."""
    return Matrix(tuple((cell,) for cell in matrix.rows[0])) if len(matrix.rows) == 1 else matrix


def same_vector(parts: Tuple, value: Node) -> bool:
    """Whether a tuple holds the coordinates of a sum of the unit vectors i, j and k."""
    if (
        not symbols(value) & {"j", "k"}
        or not 2 <= len(parts.parts) <= 3
        or any(isinstance(part, Tuple | Text) for part in parts.parts)
    ):
        return False
    return identical(value, total(*(product(part, Sym(unit)) for part, unit in zip(parts.parts, "ijk", strict=False))))
