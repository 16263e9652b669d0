"""The command line of training."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training import fit, judge, seeds
from training.data import Bank, Sample, number_of
from training.models import MODELS, Model
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

FEWEST_LEARNED, FEWEST_JUDGED = 100, 30  # customers with the event


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 written, 1 refused, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description="Fit the models of gold.predictive_analytics on the warehouse as it was on past"
        " days, judge them on a later period, and write their coefficients as dbt seeds.",
    )
    parser.add_argument(
        "--out", type=Path, default=PROJECT_ROOT / "seeds" / "models", metavar="FOLDER",
        help="where to write the seeds (default: seeds/models)",
    )  # fmt: skip
    parser.add_argument(
        "--data", default="", metavar="TEXT",
        help="what the data are, for the record; their size and period are added",
    )  # fmt: skip
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        with connect(Settings.load(), application_name="training") as connection:
            bank = Bank(connection)
            samples = bank.samples(MODELS)
            found = [train(model, samples[model.name], bank) for model in MODELS]
            trained_on = "; ".join(filter(None, (options.data, bank.describe())))
        for path in seeds.write(options.out, found, trained_on):
            log.info("%s", path)
        log.info("Now run `dbt build`.")
    except WarehouseError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def train(model: Model, sample: Sample, bank: Bank) -> seeds.Trained:
    """Fit on the rows whose outcome was known before the judged period, judge on that period.

    Raises:
        WarehouseError: the event is too rare to learn from or to judge.
    """
    judged_from = number_of(bank.judged_from(model))
    learned = sample.where(sample.day + model.horizon_days < judged_from)
    judged = sample.where(sample.day >= judged_from)
    for part, fewest, what in (
        (learned, FEWEST_LEARNED, "learn from"),
        (judged, FEWEST_JUDGED, "judge by"),
    ):
        number = len(np.unique(part.customer[part.happened]))
        if number < fewest:
            raise WarehouseError(
                f"There are too few data to train {model.name}: {number} customers to {what} with"
                f" the event ({model.event}), at least {fewest} are needed. The coefficients stay"
                " as they are."
            )
    fitted = fit.fit(learned)
    verdict = judge.judge(
        fitted, judged, model.baseline_term, model.baseline_sign, float(learned.happened.mean())
    )
    log.info(
        "%-16s AUC %.3f (95 %%: %.3f to %.3f; %s %.3f), predicted %.3f %%, observed %.3f %% of %d",
        model.name, verdict.auc, *verdict.auc_interval, model.baseline, verdict.baseline_auc,
        100 * verdict.mean_predicted, 100 * verdict.observed, len(judged),
    )  # fmt: skip
    periods = [str(day_of(part)) for rows in (learned, judged) for part in rows_ends(rows)]
    return seeds.Trained(
        model, learned, judged, fitted, verdict, (periods[0], periods[1], periods[2], periods[3])
    )


def rows_ends(sample: Sample) -> tuple[int, int]:
    """The first and the last day of rows."""
    return int(sample.day.min()), int(sample.day.max())


def day_of(number: int) -> dt.date:
    """The day of a number of days since 1970."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=number)
