"""The plain way to make test data, for comparison: Faker, one row after the other.

Run as `python -m tests.benchmarks.row_loop ROWS FILE`; prints the seconds that the loop took.
The same columns as ours, but without any connection between rows: no balances, no histories.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from faker import Faker

from warehouse.bronze import read_tables

CATEGORIES = ("Groceries", "Utilities", "Housing", "Shopping", "Dining", "Travel", "Healthcare")


def rows(count: int) -> Iterator[dict[str, object]]:
    """Transactions drawn cell by cell."""
    fake = Faker("en_US")
    fake.seed_instance(42)
    first, last = datetime(2023, 1, 1), datetime(2025, 12, 31)
    for number in range(count):
        moment = fake.date_time_between(first, last)
        place = fake.local_latlng("US")
        assert place is not None
        latitude, longitude, city = place[:3]
        yield {
            "transaction_id": number,
            "account_id": fake.random_int(1, 30_000),
            "customer_id": fake.random_int(1, 20_000),
            "merchant_id": fake.random_int(1, 5_000),
            "transaction_date": f"{moment:%Y-%m-%d %H:%M:%S}",
            "transaction_type": fake.random_element(("purchase", "refund", "fee", "deposit")),
            "amount": f"{-fake.pyfloat(min_value=1, max_value=900):.2f}",
            "currency": "USD",
            "channel": fake.random_element(("POS", "Online", "Mobile", "ATM", "Branch", "Auto")),
            "payment_method": fake.random_element(("Credit Card", "Debit Card", "UPI")),
            "merchant_category": fake.random_element(CATEGORIES),
            "mcc_code": fake.numerify("5###"),
            "description": f"Purchase {fake.company()}",
            "is_fraud": fake.boolean(1),
            "fraud_score": fake.random_int(0, 999) / 1000,
            "location_city": city,
            "location_state": fake.state_abbr(),
            "location_country": "US",
            "latitude": latitude,
            "longitude": longitude,
            "device_id": fake.bothify("DEV######"),
            "ip_address": fake.ipv4_private(),
            "is_international": fake.boolean(2),
            "authorization_code": fake.numerify("######"),
            "card_last_four": fake.numerify("####"),
            "is_recurring": fake.boolean(10),
            "hour_of_day": moment.hour,
            "day_of_week": moment.isoweekday(),
            "is_weekend": moment.isoweekday() >= 6,
            "distance_from_home_km": fake.random_int(0, 9_999) / 100,
            "merchant_risk_score": fake.random_int(0, 100) / 100,
            "velocity_24h": fake.random_int(1, 9),
            "amount_deviation_score": fake.random_int(-300, 300) / 100,
            "processing_time_ms": fake.random_int(50, 3_000),
            "decline_reason": fake.random_element(("", "", "", "insufficient_funds")),
            "created_at": f"{moment:%Y-%m-%d %H:%M:%S}",
            "updated_at": f"{moment:%Y-%m-%d %H:%M:%S}",
        }


def main() -> None:
    """Write the file and print the seconds."""
    count, path = int(sys.argv[1]), Path(sys.argv[2])
    columns = read_tables()["transactions"].columns
    started = time.process_time(), time.perf_counter()
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows(count))
    print(time.process_time() - started[0], time.perf_counter() - started[1])


if __name__ == "__main__":
    main()
