"""What routes depend on: the services, and the caller.

All are coroutines: FastAPI runs anything else in a thread, which costs more than what they do.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.auth import REFRESH, Caller, refused
from api.catalog import Dataset
from api.problems import Problem
from api.services import Services

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="`python -m api token`")


async def services(request: Request) -> Services:
    """The parts of this app."""
    found: Services = request.app.state.services
    return found


Parts = Annotated[Services, Depends(services)]


async def caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Whose rows may be read; each request counts against their limit."""
    if given is None:
        raise refused("A bearer token is needed.")
    parts = await services(request)
    found = await parts.tokens.check(given.credentials)
    parts.limit.take(found.user)
    return found


User = Annotated[Caller, Depends(caller)]


async def refresher(user: User) -> Caller:
    """A caller who may have the warehouse rebuilt."""
    if REFRESH not in user.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, f"The token lacks the scope {REFRESH!r}.")
    return user


async def dataset(
    request: Request,
    user: User,
    dataset_id: Annotated[
        str, Path(description="`id` of a data set.", max_length=63, examples=["fact_transactions"])
    ],
) -> Dataset:
    """The data set of the path."""
    return (await services(request)).dataset(dataset_id)


Requested = Annotated[Dataset, Depends(dataset)]
