"""What a bench holds itself to: each bar is told where it is measured, and all of them again at the end."""

_told: list[tuple[bool, str]] = []


def bar(what: str, held: bool) -> None:
    """Print one bar, and remember it."""
    _told.append((bool(held), what))
    print(_line(*_told[-1]), flush=True)


def summary() -> int:
    """Print every bar that was told; returns how many were missed."""
    print(f"\n== {len(_told)} bars")
    for one in _told:
        print(_line(*one))
    return sum(not held for held, _ in _told)


def _line(held: bool, what: str) -> str:
    return f"bar  {'held  ' if held else 'MISSED'}  {what}"
