"""A simulated retail bank that writes batches of raw data and the truth about them."""

from generator.api import EnhancedFinancialDataGenerator
from generator.options import OptionError

__all__ = ["EnhancedFinancialDataGenerator", "OptionError"]
