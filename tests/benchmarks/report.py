"""What a benchmark has to say: its figures, and beside each promise whether it held."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict


class Line(TypedDict):
    """One figure; ``promise`` and ``held`` are None where nothing is promised."""

    benchmark: str
    figure: str
    value: float
    text: str
    promise: str | None
    held: bool | None
    others: float


@dataclass
class Report:
    """Collects the lines of a run and prints each as soon as it is known."""

    lines: list[Line] = field(default_factory=list)
    benchmark: str = ""

    def begin(self, name: str, what: str) -> None:
        """Start the lines of one benchmark."""
        self.benchmark = name
        print(f"\n{name}: {what}", flush=True)

    def step(self, what: str) -> None:
        """Say what is being done."""
        print(f"  … {what}", flush=True)

    def figure(self, name: str, value: float, text: str, others: float = 0.0) -> None:
        """A figure without a promise. ``others``: processors busy with other programs."""
        self._add(
            Line(
                benchmark=self.benchmark,
                figure=name,
                value=value,
                text=text,
                promise=None,
                held=None,
                others=round(others, 2),
            )
        )

    def promise(
        self,
        name: str,
        value: float,
        text: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        words: str,
        others: float = 0.0,
    ) -> None:
        """A figure with its promise in ``words``; it held if within the given bounds."""
        held = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
        self._add(
            Line(
                benchmark=self.benchmark,
                figure=name,
                value=value,
                text=text,
                promise=words,
                held=held,
                others=round(others, 2),
            )
        )

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        words = line["promise"]
        verdict = f"   promise {words}: {'held' if line['held'] else 'NOT HELD'}" if words else ""
        others = line["others"]
        load = f"   [other programs: {others:.1f} CPUs]" if others >= 0.2 else ""
        print(f"  {line['figure']:<46} {line['text']}{verdict}{load}", flush=True)

    def markdown(self) -> str:
        """All lines as a table."""
        rows = [
            "| benchmark | figure | measured | promise | held | busy with other programs |",
            "|---|---|---|---|---|---|",
        ]
        for line in self.lines:
            held = "" if line["held"] is None else "yes" if line["held"] else "no"
            rows.append(
                f"| {line['benchmark']} | {line['figure']} | {line['text']} |"
                f" {line['promise'] or ''} | {held} | {line['others']:.1f} CPUs |"
            )
        return "\n".join(rows) + "\n"
