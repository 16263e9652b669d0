"""The three questions that apps ask most: marts of open banking under names of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.answers import page_of
from api.deps import Parts, User
from api.problems import documented
from api.routes.datasets import ASKED, UNCHANGED
from api.schemas import OfAccounts, OfMonths, OfTags, Page

router = APIRouter(tags=["open banking"])

SPENDING_BY_TAG = "daily_spending_by_tag"
MONTHLY_TRENDS = "monthly_trends"
BALANCE_HISTORY = "daily_balance_history"


@router.get(
    "/spending-by-tag",
    summary="Where does my money go?",
    response_model=Page,
    responses=documented(*ASKED) | UNCHANGED,
)
async def spending_by_tag(
    request: Request, parts: Parts, user: User, asked: Annotated[OfTags, Query()]
) -> Response:
    """Your spending by day and tag. A transaction with two tags counts under both."""
    return await _answered(request, parts, user, SPENDING_BY_TAG, asked)


@router.get(
    "/monthly-trends",
    summary="What comes in, what goes out, what is saved?",
    response_model=Page,
    responses=documented(*ASKED) | UNCHANGED,
)
async def monthly_trends(
    request: Request, parts: Parts, user: User, asked: Annotated[OfMonths, Query()]
) -> Response:
    """Income, spending and savings rate by month and currency."""
    return await _answered(request, parts, user, MONTHLY_TRENDS, asked)


@router.get(
    "/balance-history",
    summary="How did my accounts develop?",
    response_model=Page,
    responses=documented(*ASKED) | UNCHANGED,
)
async def balance_history(
    request: Request, parts: Parts, user: User, asked: Annotated[OfAccounts, Query()]
) -> Response:
    """The balance of each connected account on each day."""
    return await _answered(request, parts, user, BALANCE_HISTORY, asked)


async def _answered(
    request: Request,
    parts: Parts,
    user: User,
    dataset: str,
    asked: OfTags | OfMonths | OfAccounts,
) -> Response:
    return await page_of(
        request, parts, user, parts.dataset(dataset), asked.selection(),
        limit=asked.limit, cursor=asked.cursor, descending=asked.sort == "desc",
    )  # fmt: skip
