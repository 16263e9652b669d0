"""A simulated retail bank that writes batches of raw data and the truth about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.options import OptionError

if TYPE_CHECKING:
    from generator.api import EnhancedFinancialDataGenerator

__all__ = ["EnhancedFinancialDataGenerator", "OptionError"]


def __getattr__(name: str) -> Any:
    # pandas takes longer to import than 50,000 transactions to simulate; the command needs none
    if name != "EnhancedFinancialDataGenerator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from generator.api import EnhancedFinancialDataGenerator  # noqa: PLC0415

    return EnhancedFinancialDataGenerator
