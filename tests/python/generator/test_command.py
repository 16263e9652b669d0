"""The command and the Python entry point: repeatable, continuable, clear about mistakes."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from generator import EnhancedFinancialDataGenerator, OptionError, batch
from generator.bank import write_day, write_history
from generator.cli import main
from generator.options import HistoryOptions
from generator.sheet import Sheet
from generator.simulation import Simulation

from .conftest import DAYS, OPTIONS
from .reading import batches, newest, true_rows

SMALL = HistoryOptions(60, 900, dt.date(2024, 3, 1), dt.date(2024, 5, 12), seed=1)
# the bytes of a small history: a library update that changes the data must be noticed
GOLDEN = "0cc29a218852abd04dcce65254e937f03b83e167f4c2a57bdef7b8a0c799217c"


def fingerprint(root: Path) -> str:
    """One checksum over the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def test_golden_checksum(tmp_path: Path) -> None:
    write_history(SMALL, tmp_path / "raw")
    assert fingerprint(tmp_path / "raw") == GOLDEN


def test_same_arguments_same_bytes(tmp_path: Path, history: Path) -> None:
    write_history(OPTIONS, tmp_path / "raw")
    assert fingerprint(tmp_path / "raw") == fingerprint(history)


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    write_history(SMALL, tmp_path / "a")
    write_history(replace(SMALL, seed=2), tmp_path / "b")
    for name in ("transactions", "customers"):
        a, b = (tmp_path / x / "2024/03/31" / f"{name}.csv" for x in "ab")
        assert a.read_bytes() != b.read_bytes()


def test_no_dirt_means_no_defects(tmp_path: Path) -> None:
    write_history(replace(SMALL, dirt=0.0), tmp_path / "raw")
    ids = [r["transaction_id"] for r in true_rows(tmp_path / "raw", "transactions")]
    assert all('"defects": []' in (b / "truth.json").read_text() for b in batches(tmp_path / "raw"))
    assert len(set(ids)) == SMALL.transactions


def test_a_day_does_not_depend_on_the_days_before_being_written(
    tmp_path: Path, history: Path
) -> None:
    straight, skipping = tmp_path / "straight", tmp_path / "skipping"
    shutil.copytree(history, straight)
    shutil.copytree(history, skipping)
    for day in DAYS:
        write_day(day, straight)
    write_day(DAYS[2], skipping)
    folder = Path(DAYS[2].strftime("%Y/%m/%d"))
    assert fingerprint(straight / folder) == fingerprint(skipping / folder)
    before = fingerprint(straight)
    write_day(DAYS[0], straight)
    assert fingerprint(straight) == before


def test_a_day_has_the_number_of_transactions_asked_for(world: Path) -> None:
    rows = newest(true_rows(world, "transactions"), "transaction_id")
    for day in DAYS[:2]:  # what is late comes on the third
        prefix = day.strftime("%Y%m%d")
        assert sum(name.startswith(prefix) for name in rows) == 600


def test_a_month_boundary_in_days(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    write_history(replace(SMALL, end=dt.date(2024, 4, 29)), out)
    for day in range(30, 33):
        write_day(dt.date(2024, 4, 1) + dt.timedelta(days=day - 1), out, 40)
    assert len(batches(out)) == 2 + 3


def test_history_is_written_again_without_harm(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    write_history(SMALL, out)
    write_day(dt.date(2024, 5, 13), out)
    before = fingerprint(out)
    write_history(SMALL, out)
    assert fingerprint(out) == before


def test_another_history_needs_overwrite(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    write_history(SMALL, out)
    (out / "notes.txt").write_text("mine")
    other = replace(SMALL, end=dt.date(2024, 4, 12))
    with pytest.raises(OptionError, match="--overwrite"):
        write_history(other, out)
    write_history(other, out, overwrite=True)
    assert [b.name for b in batches(out)] == ["31", "12"]
    assert (out / "notes.txt").read_text() == "mine"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "raw"
    write_history(SMALL, out)
    before = fingerprint(out)
    write = batch.write_csv

    def full(parts: Iterable[Sheet], path: Path) -> str:
        write(parts, path)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(batch, "write_csv", full)
    with pytest.raises(OptionError, match="No space left"):
        write_day(dt.date(2024, 5, 13), out)
    assert fingerprint(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["raw"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--customers", "0"], "--customers 0"),
        (["--customers", "-5"], "--customers -5"),
        (["--transactions", "-1"], "--transactions -1"),
        (["--transactions", "0"], "--transactions 0"),
        (["--start", "2099-01-01"], "--start 2099-01-01"),
        (["--start", "2019-01-01"], "--start 2019-01-01"),
        (["--start", "yesterday"], "--start 'yesterday'"),
        (["--start", "2024-05-01", "--end", "2024-04-01"], "--end 2024-04-01"),
        (["--dirt", "2"], "--dirt 2.0"),
        (["--seed", "-1"], "--seed -1"),
        (["--day-transactions", "5"], "--day-transactions"),
        (["--date", "2024-02-31"], "--date '2024-02-31'"),
        (["--date", "2024-04-01"], "--date 2024-04-01 continues a history"),
        (["--end", "2024-02-01", "--out", "/proc/nowhere"], "--out /proc/nowhere"),
    ],
)
def test_a_mistake_gives_one_sentence(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "raw"
    given = arguments if "--out" in arguments else [*arguments, "--out", str(out)]
    assert main(given) == 2
    message = capsys.readouterr().err
    assert says in message
    assert message.count("\n") == 1 and "Traceback" not in message
    assert not out.exists()


def test_days_inside_the_history_are_refused(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for date in ("2024-05-01", "2023-05-01", "2024-08-17"):
        assert main(["--date", date, "--out", str(history)]) == 2
        assert f"--date {date} lies within or before" in capsys.readouterr().err


def test_a_day_cannot_change_what_later_batches_tell(world: Path) -> None:
    with pytest.raises(OptionError, match="--day-transactions 5 contradicts"):
        write_day(DAYS[0], world, transactions=5)


def test_a_day_smaller_than_its_duties() -> None:
    """After more fraud than its share, and with fewer transactions than there must be."""
    simulation = Simulation(SMALL)
    list(simulation.history())
    simulation.world.fraud_debt = -50.0
    tomorrow = SMALL.end + dt.timedelta(days=1)
    (day,) = simulation.days_until(tomorrow, {tomorrow.isoformat(): 1})
    assert len(day.ledger.rows) > 0


def test_end_defaults_to_the_end_of_the_same_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--customers", "20", "--transactions", "80", "--start", "2024-03-01"]
    arguments += ["--out", str(tmp_path / "raw")]
    monkeypatch.setattr("generator.cli.yesterday", lambda: dt.date(2024, 4, 2))
    assert main(arguments) == 0
    monkeypatch.setattr("generator.cli.yesterday", lambda: dt.date(2024, 4, 3))
    assert main(arguments) == 0
    assert "2024-04-02" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [
        replace(SMALL, customers=1, transactions=1),
        replace(SMALL, customers=2, transactions=500),
        replace(SMALL, customers=500, transactions=20),
        replace(SMALL, start=dt.date(2020, 1, 1), end=dt.date(2020, 1, 1)),
        replace(SMALL, start=dt.date(2020, 1, 1), end=dt.date(2020, 3, 2)),
        replace(SMALL, end=SMALL.start),
    ],
)
def test_extreme_sizes(options: HistoryOptions, tmp_path: Path) -> None:
    out = tmp_path / "raw"
    write_history(options, out)
    write_day(options.end + dt.timedelta(days=1), out)
    ids = {r["transaction_id"] for b in batches(out)[:-1] for r in true_rows_of(b)}
    assert len(ids) == options.transactions


def true_rows_of(folder: Path) -> list[dict[str, str]]:
    """True transactions of one batch."""
    from .reading import without  # noqa: PLC0415

    return list(without(folder, "transactions", ("duplicate", "quarantined")))


def test_the_python_entry_point(tmp_path: Path) -> None:
    generator = EnhancedFinancialDataGenerator(
        start_date="2024-03-01",
        num_customers=60,
        end_date="2024-05-12",
        seed=1,
        out_dir=tmp_path / "raw",
    )
    tables = generator.generate_all(num_transactions=900)
    assert len(tables) == 11
    frame = tables["transactions"]
    assert len(frame) == 900 and frame["transaction_id"].is_unique
    assert len(tables["customers"]) == 60
    assert frame["account_id"].isin(tables["accounts"]["account_id"]).all()
    # the same simulation as the files
    files = newest(true_rows(tmp_path / "raw", "transactions"), "transaction_id")
    assert {str(i) for i in frame["transaction_id"]} == set(files)
    assert str(frame["transaction_date"].dtype).startswith("datetime64")


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for option in ("customers", "transactions", "start", "end", "seed", "dirt", "out", "date"):
        assert f"--{option}" in text
    assert isinstance(io.StringIO(text).readline(), str)
