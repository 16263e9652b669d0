"""The fixed facts of the simulated bank: categories, products, cities, shares and effects.

Every number here that an analysis could try to recover is repeated in `truth.json` (see truth.py).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from generator.columns import Array

SEEDS = Path(__file__).resolve().parent.parent / "seeds"

# ---------------------------------------------------------------- spending categories


@dataclass(frozen=True)
class Category:
    """How card holders spend on one category (amounts in dollars)."""

    name: str
    share: float  # of the unscheduled purchases
    median: float
    sigma: float
    online: float  # share of purchases made online or in the app
    weekend: float  # weight of a Saturday or Sunday against a weekday
    peak_hours: tuple[float, float]  # mean and spread of the hour of day
    seasons: dict[int, float]  # month -> factor


CATEGORIES: tuple[Category, ...] = (
    Category("Groceries", 0.245, 45, 0.55, 0.15, 1.5, (16.5, 3.2), {11: 1.1, 12: 1.15}),
    Category("Food At Home", 0.11, 19, 0.5, 0.35, 1.2, (17.5, 3.0), {}),
    Category("Utilities", 0.02, 62, 0.4, 0.9, 0.6, (11.0, 4.0), {1: 1.25, 2: 1.2, 7: 1.15}),
    Category("Housing", 0.0, 1400, 0.3, 1.0, 0.8, (9.0, 2.0), {}),
    Category("Shopping", 0.15, 52, 0.75, 0.55, 1.35, (15.5, 4.0), {11: 1.35, 12: 1.75, 1: 0.85}),
    Category("Entertainment", 0.07, 26, 0.6, 0.6, 1.7, (19.5, 3.0), {7: 1.15, 12: 1.2}),
    Category("Dining", 0.165, 28, 0.55, 0.15, 1.6, (17.0, 4.0), {12: 1.1}),
    Category("Travel", 0.022, 190, 0.75, 0.8, 1.0, (14.0, 5.0), {6: 1.4, 7: 1.7, 8: 1.6, 12: 1.3}),
    Category("Transport", 0.125, 21, 0.6, 0.2, 0.85, (13.0, 5.0), {7: 1.1, 8: 1.1}),
    Category("Healthcare", 0.048, 58, 0.75, 0.25, 0.4, (13.0, 3.0), {1: 1.15, 2: 1.1}),
    Category("Education", 0.015, 110, 0.7, 0.85, 0.7, (14.0, 4.0), {8: 1.8, 9: 1.9, 1: 1.4}),
    Category("Insurance", 0.01, 95, 0.5, 0.95, 0.5, (11.0, 3.0), {}),
    Category("Charity", 0.02, 35, 0.7, 0.8, 1.1, (15.0, 4.0), {12: 2.0, 11: 1.4}),
    Category("Bank Fees", 0.0, 12, 0.3, 1.0, 1.0, (3.0, 1.0), {}),
)
CATEGORY_NAMES = [c.name for c in CATEGORIES]
CATEGORY = {name: i for i, name in enumerate(CATEGORY_NAMES)}
DISCRETIONARY = np.array(
    [c.name in ("Shopping", "Entertainment", "Dining", "Travel") for c in CATEGORIES]
)


@cache
def merchant_category_codes() -> list[tuple[int, int]]:
    """(mcc_code, category index) from the project's seed file."""
    with (SEEDS / "merchant_category_codes.csv").open(encoding="utf-8", newline="") as file:
        return [(int(r["mcc_code"]), CATEGORY[r["category_name"]]) for r in csv.DictReader(file)]


# ---------------------------------------------------------------- places


@dataclass(frozen=True)
class City:
    """A place where customers live, shop or travel to."""

    name: str
    state: str | None
    country: str
    latitude: float
    longitude: float
    weight: float


FOREIGN_CITIES = (
    City("London", None, "GB", 51.5074, -0.1278, 10),
    City("Paris", None, "FR", 48.8566, 2.3522, 8),
    City("Toronto", None, "CA", 43.6532, -79.3832, 10),
    City("Vancouver", None, "CA", 49.2827, -123.1207, 5),
    City("Cancun", None, "MX", 21.1619, -86.8515, 10),
    City("Mexico City", None, "MX", 19.4326, -99.1332, 8),
    City("Rome", None, "IT", 41.9028, 12.4964, 6),
    City("Barcelona", None, "ES", 41.3874, 2.1686, 6),
    City("Berlin", None, "DE", 52.5200, 13.4050, 4),
    City("Tokyo", None, "JP", 35.6762, 139.6503, 5),
    City("Singapore", None, "SG", 1.3521, 103.8198, 2),
    City("Lagos", None, "NG", 6.5244, 3.3792, 1),
    City("Bucharest", None, "RO", 44.4268, 26.1025, 1),
    City("Sao Paulo", None, "BR", -23.5505, -46.6333, 1),
)
FRAUD_CITY_NAMES = ("Lagos", "Bucharest", "Sao Paulo", "Miami", "Las Vegas", "Newark")


@cache
def cities() -> list[City]:
    """The cities of the seed file, then the foreign ones."""
    with (SEEDS / "us_cities.csv").open(encoding="utf-8", newline="") as file:
        home = [
            City(
                r["city"],
                r["state"],
                "US",
                float(r["latitude"]),
                float(r["longitude"]),
                float(r["population_weight"]),
            )
            for r in csv.DictReader(file)
        ]
    return [*home, *FOREIGN_CITIES]


@cache
def home_city_count() -> int:
    """How many of `cities()` lie in the United States."""
    return len(cities()) - len(FOREIGN_CITIES)


@cache
def city_distances() -> Array:
    """Great-circle distances in km, shape (cities, cities)."""
    lat = np.radians([c.latitude for c in cities()])
    lon = np.radians([c.longitude for c in cities()])
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    distances: Array = 2 * 6371.0 * np.arcsin(np.sqrt(half.clip(0, 1)))
    return distances


# ---------------------------------------------------------------- products

CHECKING, SAVINGS, CARD, LOAN = range(4)


@dataclass(frozen=True)
class Product:
    """A product as first offered; rates in percent a year, money in dollars."""

    name: str
    category: str
    kind: int
    rate: float
    min_balance: int
    monthly_fee: int
    overdraft: int
    tier: str


PRODUCTS = (
    Product("Student Checking", "Checking", CHECKING, 0.0, 0, 0, 100, "Basic"),
    Product("Everyday Checking", "Checking", CHECKING, 0.01, 300, 8, 250, "Basic"),
    Product("Preferred Checking", "Checking", CHECKING, 0.05, 2500, 15, 500, "Standard"),
    Product("Private Checking", "Checking", CHECKING, 0.25, 10000, 25, 2000, "Premium"),
    Product("Everyday Savings", "Savings", SAVINGS, 0.5, 100, 0, 0, "Basic"),
    Product("High-Yield Savings", "Savings", SAVINGS, 3.75, 1000, 0, 0, "Standard"),
    Product("Private Savings", "Savings", SAVINGS, 4.25, 25000, 0, 0, "Premium"),
    Product("Student Card", "Credit Card", CARD, 23.99, 0, 0, 0, "Basic"),
    Product("Cash Back Card", "Credit Card", CARD, 21.49, 0, 0, 0, "Standard"),
    Product("Travel Rewards Card", "Credit Card", CARD, 19.99, 0, 8, 0, "Premium"),
    Product("Personal Loan", "Personal Loan", LOAN, 11.9, 0, 0, 0, "Standard"),
    Product("Auto Loan", "Auto Loan", LOAN, 7.2, 0, 0, 0, "Standard"),
    Product("Home Mortgage", "Mortgage", LOAN, 6.4, 0, 0, 0, "Premium"),
)
PERSONAL_LOAN, AUTO_LOAN, MORTGAGE = 10, 11, 12
LOAN_TERMS = ((36, 48, 60), (48, 60, 72), (180, 360, 360))  # months, by loan product

# ---------------------------------------------------------------- people

SEGMENTS = ("Student", "Mass Market", "Mass Affluent", "Affluent", "Private Banking")
SEGMENT_SHARE = np.array([0.12, 0.48, 0.25, 0.12, 0.03])
SEGMENT_INCOME = np.array([19_000, 46_000, 82_000, 135_000, 290_000])  # medians, dollars a year
SEGMENT_AMOUNT = np.array([0.72, 0.95, 1.15, 1.45, 2.10])  # factor on every unscheduled purchase
SEGMENT_CHURN = np.array([0.35, 0.0, -0.10, -0.30, -0.60])  # on the log hazard
CUSTOMER_AMOUNT_SIGMA = 0.20  # spread of a customer's own amount factor, log scale

EMPLOYMENT = ("Employed", "Self-Employed", "Unemployed", "Student", "Retired")
EDUCATION = ("High School", "Some College", "Bachelor", "Master", "Doctorate")
MARITAL = ("Single", "Married", "Divorced", "Widowed")
HOME = ("Rent", "Own", "Mortgage", "Family")
RENT, OWN, MORTGAGED, FAMILY = range(4)
RISK = ("Low", "Medium", "High")
LOYALTY = ("Bronze", "Silver", "Gold", "Platinum")
CONTACT_CHANNELS = ("Mobile", "Online", "Branch", "Phone")
ACQUISITION = ("Online", "Branch", "Referral", "Social Media", "Partner", "Mail")
LIFE_STAGES = ("Young Adult", "Young Family", "Established", "Pre-Retirement", "Retired")

# ---------------------------------------------------------------- transactions

TYPES = (
    "purchase",
    "refund",
    "salary",
    "deposit",
    "withdrawal",
    "transfer_out",
    "transfer_in",
    "card_payment",
    "card_payment_received",
    "loan_payment",
    "loan_disbursement",
    "fee",
    "interest",
)
TYPE = {name: i for i, name in enumerate(TYPES)}
SPENDING_TYPES = (TYPE["purchase"], TYPE["refund"], TYPE["fee"])
CHANNELS = ("POS", "Online", "Mobile", "ATM", "Branch", "Auto")
POS, ONLINE, MOBILE, ATM, BRANCH, AUTO = range(6)
METHODS = (
    "Credit Card",
    "Debit Card",
    "UPI",
    "Net Banking",
    "Direct Debit",
    "Bank Transfer",
    "Cash",
)
CREDIT_CARD, DEBIT_CARD, UPI, NET_BANKING, DIRECT_DEBIT, BANK_TRANSFER, CASH = range(7)
DECLINES = (
    "insufficient_funds",
    "card_expired",
    "suspected_fraud",
    "limit_exceeded",
    "network_error",
    "incorrect_pin",
)
DECLINE = {name: i for i, name in enumerate(DECLINES)}
# Chance that a purchase or withdrawal is declined, by day and at usual load; times the factors
# below. Together with what the ledger declines for want of money, about 10 % of payments fail.
DECLINE_RATE = {"POS": 0.079, "Online": 0.110, "Mobile": 0.092, "ATM": 0.045}
DECLINE_METHOD_FACTOR = {
    "Credit Card": 0.90, "Debit Card": 1.00, "UPI": 1.25, "Net Banking": 1.10, "Cash": 1.00,
}  # fmt: skip
DECLINE_NIGHT_FACTOR = 1.6  # from 22:00 to 06:00
# An hour is busy from this many times the mean hour of its period (a month of the history, then a
# day) on, counted in purchases and withdrawals of the bank.
BUSY_LOAD = 2.0
DECLINE_BUSY_FACTOR = 1.4
# Causes by channel, in the order of DECLINES. What the account does not cover the ledger finds.
DECLINE_CAUSES = np.array(
    [
        [0.00, 0.20, 0.10, 0.20, 0.10, 0.40],
        [0.00, 0.30, 0.30, 0.20, 0.20, 0.00],
        [0.00, 0.25, 0.25, 0.20, 0.30, 0.00],
        [0.00, 0.10, 0.10, 0.25, 0.15, 0.40],
    ]
)
# weights of the causes: only cards expire, …
DECLINE_METHOD_WEIGHTS = {
    "Credit Card": np.array([1.0, 1.0, 1.5, 1.0, 0.8, 0.7]),
    "Debit Card": np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.3]),
    "UPI": np.array([1.0, 0.0, 0.8, 1.0, 1.5, 1.0]),
    "Net Banking": np.array([1.0, 0.0, 1.2, 0.8, 1.8, 0.0]),
    "Cash": np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
}
# … from 22:00 to 06:00: rules are stricter, and networks are maintained
DECLINE_NIGHT_WEIGHTS = np.array([1.0, 1.0, 2.5, 1.0, 2.0, 1.0])
# … in busy hours: networks are full
DECLINE_BUSY_WEIGHTS = np.array([1.0, 1.0, 1.0, 1.0, 3.0, 1.0])
PAID_SHARE = 0.87  # of unscheduled purchases: what household budgets reckon with
# seconds until a booking is confirmed: factors on its channel's, by method and for a time-out
METHOD_SLOWNESS = np.array([1.0, 0.9, 0.7, 1.7, 1.0, 1.0, 1.0])
TIME_OUT_SLOWNESS = 4.0

# ---------------------------------------------------------------- effects

CHURN_EFFECTS = {
    "intercept": -4.80,
    "tenure_years": -0.22,
    "bad_service_90d": 1.10,
    "low_balance": 0.60,
}
CHURN_TENURE_CAP_YEARS = 5.0
LOW_BALANCE_CENTS = 200_00
BAD_SERVICE_RATING = 2
BAD_SERVICE_DAYS = 90

CAMPAIGN_RATE_RATIO = 1.30  # unscheduled purchases of a treated customer, against the hold-out
CAMPAIGN_AMOUNT_RATIO = 1.10
CAMPAIGN_DAYS = 30
CAMPAIGN_HOLD_OUT = 0.30

CONFIDENCE_EFFECT = 0.12  # log spending frequency of discretionary categories per 10 index points
FRAUD_SHARE = 0.0065  # of unscheduled purchases
FRAUD_PATTERN = {
    "online_share": 0.75,
    "night_share": 0.70,
    "high_risk_merchant_share": 0.80,
    "far_city_share": 0.85,
    "declined_share": 0.25,
    "mean_transactions_per_burst": 4.5,
}
# an instalment becomes late: logit = intercept + slope * (700 - credit score) / 100
#                                     + low_balance * (checking balance below LOW_BALANCE_CENTS)
LATE_INTERCEPT, LATE_SLOPE, LATE_LOW_BALANCE = -3.2, 1.1, 0.9
LATE_SERIOUS_SHARE = 0.30  # of late instalments: not paid within 30 days
LATE_CURE = 0.45  # chance of catching up within each 30 days that follow
CHARGE_OFF_DAYS = 120  # past due
DELINQUENT_DAYS = 30  # past due
SALARY_SHARE_NET = 0.74
SAVING_MEAN, SAVING_SPREAD, SAVING_RANGE = 0.10, 0.08, (-0.10, 0.35)  # share of net income
ALERT_SCORE, ALERT_FRAUD_SHARE, ALERT_OTHER_SHARE = 200, 0.88, 0.45


def mean_purchase() -> float:
    """Expected unscheduled purchase in dollars for an amount factor of 1, out of season."""
    share = np.array([c.share for c in CATEGORIES])
    mean = np.array([c.median * np.exp(c.sigma**2 / 2) for c in CATEGORIES])
    taste = np.exp(CUSTOMER_AMOUNT_SIGMA**2 / 2)
    return float((share * mean).sum() / share.sum() * taste)
