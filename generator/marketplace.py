"""The fixed facts of the marketplace: departments, weather, demand, plans, and their true effects.

Every number here that an analysis could try to recover is repeated in `truth.json` (see truth.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from generator import reference as ref
from generator.columns import Array
from generator.timeline import iso_weekday

# ---------------------------------------------------------------- departments


@dataclass(frozen=True)
class Department:
    """A department; its orders are purchases of one spending category of the bank."""

    name: str
    spending: str  # the bank's category: Shopping, Entertainment or Groceries
    share: float  # of the orders of that spending category, out of season
    price: float  # median price of a unit, dollars
    dearness: float  # how much larger orders lean towards this department
    rain: float  # log ratio of orders on a rainy day to those on a dry one
    seasons: dict[int, float]  # month -> factor
    shelves: dict[str, tuple[str, ...]]  # subcategory -> kinds of products


DEPARTMENTS = (
    Department("Electronics", "Shopping", 0.27, 40, 0.5, 0.0, {11: 1.3, 12: 1.3}, {
        "Audio": ("Headphones", "Speaker", "Soundbar", "Earbuds", "Microphone"),
        "Computing": ("Keyboard", "Monitor", "Mouse", "Router", "Webcam"),
        "Accessories": ("Charger", "Cable", "Power Bank", "Phone Case", "Adapter"),
    }),
    Department("Home & Kitchen", "Shopping", 0.23, 30, 0.2, 0.20, {11: 1.1, 12: 1.2}, {
        "Cookware": ("Pan", "Knife Set", "Kettle", "Baking Tray", "Wok"),
        "Bedding": ("Pillow", "Duvet", "Sheet Set", "Blanket", "Mattress Pad"),
        "Decoration": ("Lamp", "Rug", "Mirror", "Vase", "Picture Frame"),
    }),
    Department("Clothing", "Shopping", 0.26, 26, -0.1, 0.0, {3: 1.2, 9: 1.2}, {
        "Shoes": ("Sneakers", "Boots", "Sandals", "Loafers", "Slippers"),
        "Tops": ("Shirt", "Sweater", "Jacket", "Hoodie", "Blouse"),
        "Bottoms": ("Jeans", "Shorts", "Skirt", "Chinos", "Leggings"),
    }),
    Department("Sports & Outdoors", "Shopping", 0.14, 30, 0.1, -0.6, {5: 1.3, 6: 1.3, 7: 1.2}, {
        "Fitness": ("Dumbbells", "Yoga Mat", "Skipping Rope", "Bench", "Foam Roller"),
        "Camping": ("Tent", "Sleeping Bag", "Stove", "Lantern", "Backpack"),
        "Cycling": ("Helmet", "Bike Light", "Pump", "Gloves", "Bottle"),
    }),
    Department("Garden", "Shopping", 0.10, 22, -0.3, -0.8, {
        1: 0.4, 2: 0.6, 3: 1.3, 4: 1.8, 5: 2.0, 6: 1.6, 11: 0.5, 12: 0.4,
    }, {
        "Tools": ("Spade", "Rake", "Pruner", "Hose", "Wheelbarrow"),
        "Plants": ("Seeds", "Bulbs", "Planter", "Soil", "Fertilizer"),
        "Patio": ("Grill", "Parasol", "Cushion", "Bench Cover", "String Lights"),
    }),
    Department("Books & Media", "Entertainment", 0.55, 15, 0.0, 0.35, {12: 1.2}, {
        "Fiction": ("Novel", "Thriller", "Short Stories", "Classic", "Mystery"),
        "Non-Fiction": ("Biography", "Cookbook", "Travel Guide", "History", "Atlas"),
        "Film & Music": ("Film Box", "Album", "Vinyl", "Documentary", "Score"),
    }),
    Department("Games & Toys", "Entertainment", 0.45, 17, 0.1, 0.30, {11: 1.4, 12: 2.0}, {
        "Board Games": ("Strategy Game", "Card Game", "Puzzle", "Quiz", "Dice Game"),
        "Video Games": ("Adventure", "Racing Game", "Simulation", "Controller", "Headset"),
        "Toys": ("Building Set", "Doll", "Train", "Plush Animal", "Kite"),
    }),
    Department("Groceries", "Groceries", 1.0, 14, 0.0, 0.15, {11: 1.1, 12: 1.1}, {
        "Pantry": ("Pasta", "Olive Oil", "Coffee", "Rice", "Spices"),
        "Snacks": ("Nuts", "Chocolate", "Crackers", "Dried Fruit", "Granola"),
        "Drinks": ("Tea", "Juice", "Sparkling Water", "Syrup", "Cocoa"),
    }),
)  # fmt: skip
SHELVES = [(d, shelf) for d, one in enumerate(DEPARTMENTS) for shelf in one.shelves]
PRODUCTS_PER_SHELF = 6
PRICE_SIGMA = 0.85
RAIN = np.array([d.rain for d in DEPARTMENTS])
# bank categories whose online purchases may be orders, and the departments' category they mean
SELLS = {"Shopping": "Shopping", "Entertainment": "Entertainment",
         "Groceries": "Groceries", "Food At Home": "Groceries"}  # fmt: skip

# ---------------------------------------------------------------- demand

ORDER_SHARE = 0.5  # of such purchases, on an ordinary dry day
HOLIDAY_FACTORS = {
    "sales_days": 1.35,  # the Friday after Thanksgiving to the Monday that follows
    "before_christmas": 1.25,  # 8 to 20 December
    "holidays": 0.6,  # 1 January, 4 July, Thanksgiving, 25 December
}
RAINY_MM = 1.0  # from this much on a day is rainy
LINE_SHARES = np.array([0.50, 0.30, 0.20])  # orders of 1, 2, 3 lines
LINES_PER_ORDER = float((LINE_SHARES * [1, 2, 3]).sum())
UNITS_PER_LINE = 1.2
DISCOUNTS = np.array([0, 5, 10, 15, 20, 25, 30, 35, 40])  # percent of a line
DISCOUNT_SHARES = np.array([0.56, 0.08, 0.10, 0.06, 0.07, 0.04, 0.04, 0.03, 0.02])
FREE_SHIPPING_CENTS, FREE_SHIPPING_SHARE, EXPRESS_SHARE = 50_00, 0.8, 0.12
# of the states in seeds/us_cities.csv; groceries are not taxed
SALES_TAX = {
    "AZ": 0.056, "CA": 0.0725, "CO": 0.029, "CT": 0.0635, "DC": 0.06, "FL": 0.06, "GA": 0.04,
    "HI": 0.04, "IL": 0.0625, "IN": 0.07, "KS": 0.065, "KY": 0.06, "LA": 0.0445, "MA": 0.0625,
    "MD": 0.06, "MI": 0.06, "MN": 0.06875, "MO": 0.04225, "NC": 0.0475, "NE": 0.055, "NJ": 0.06625,
    "NM": 0.05, "NV": 0.0685, "NY": 0.04, "OH": 0.0575, "OK": 0.045, "OR": 0.0, "PA": 0.06,
    "RI": 0.07, "TN": 0.07, "TX": 0.0625, "UT": 0.0485, "VA": 0.053, "WA": 0.065, "WI": 0.05,
}  # fmt: skip

# ---------------------------------------------------------------- visits

CART_RATE, CHECKOUT_RATE, PURCHASE_RATE = 0.50, 0.70, 0.80  # each of the step before
SEARCH_SHARE = 0.45
DEVICES = ("mobile", "desktop", "tablet")
SOURCES = ("direct", "search", "e-mail", "social", "advert")
SOURCE_SHARES = np.array([0.34, 0.28, 0.14, 0.12, 0.12])

# ---------------------------------------------------------------- catalogue

PRICE_CHANGES, COST_CHANGES = 1.2, 1.0  # a year and product
DISCONTINUED = 0.03  # products a year that another replaces
STOCK_MONTHS, REORDER_MONTHS = 6.0, 1.0  # of expected demand
LEAD_DAYS = (6, 60)  # from order to arrival of a refill

# ---------------------------------------------------------------- memberships

PLANS = ("Basic", "Plus", "Premium")
PLAN_CENTS = np.array([499, 999, 1499])  # a month; a year costs ten months
PLAN_SHARES = np.array([0.5, 0.33, 0.17])
PLAN_CHURN = np.array([0.060, 0.040, 0.025])  # cancellations a month and member
ANNUAL_SHARE, ANNUAL_CHURN_FACTOR = 0.25, 0.5
JOIN_RATE = 0.007  # new members a month and customer without a membership
UPGRADE_RATE, DOWNGRADE_RATE = 0.010, 0.005  # a month
CANCEL_REASONS = ("price", "not_used", "service", "moved_on", "changed_plan")
CANCEL_SHARES = np.array([0.4, 0.35, 0.15, 0.1])


@cache
def tax_rates() -> Array:
    """Sales tax by position in `reference.cities()`."""
    return np.array([SALES_TAX.get(c.state or "", 0.0) for c in ref.cities()])


def holiday_factor(days: Array) -> Array:
    """True effect of the calendar on orders, by day number."""
    dates = days.astype("datetime64[D]")
    year = dates.astype("datetime64[Y]")
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    november = (year.astype("datetime64[M]") + 10).astype("datetime64[D]").astype(np.int64)
    thanksgiving = november + 21 + (4 - iso_weekday(november)) % 7  # the fourth Thursday
    after = days - thanksgiving
    factor = np.ones(len(days))
    factor[(after >= 1) & (after <= 4)] = HOLIDAY_FACTORS["sales_days"]
    factor[(month == 12) & (day >= 8) & (day <= 20)] = HOLIDAY_FACTORS["before_christmas"]
    quiet = (month == 1) & (day == 1) | (month == 7) & (day == 4) | (month == 12) & (day == 25)
    factor[quiet | (after == 0)] = HOLIDAY_FACTORS["holidays"]
    return factor
