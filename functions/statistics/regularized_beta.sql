-- DLMF 8.17.22: a continued fraction, evaluated from its far end; the side on which it converges fast.
with recursive sides as (
    select
        x <= (a + 1) / (a + b + 2) as is_direct,
        case when x <= (a + 1) / (a + b + 2) then x else 1 - x end as x,
        case when x <= (a + 1) / (a + b + 2) then a else b end as a,
        case when x <= (a + 1) / (a + b + 2) then b else a end as b
    where x >= 0 and x <= 1 and a > 0 and b > 0
),

terms as (
    select
        cast(60 + 6 * sqrt(greatest(a, b)) as integer) as m,
        cast(1 as double precision) as fraction
    from sides
    union all
    select
        terms.m - 1,
        1 - (sides.a + terms.m - 1) * (sides.a + sides.b + terms.m - 1) * sides.x
        / ((sides.a + 2 * terms.m - 2) * (sides.a + 2 * terms.m - 1))
        / (
            1 + terms.m * (sides.b - terms.m) * sides.x
            / ((sides.a + 2 * terms.m - 1) * (sides.a + 2 * terms.m)) / terms.fraction
        )
    from terms
    cross join sides
    where terms.m > 0
),

tails as (
    select
        sides.is_direct,
        terms.fraction,
        case
            when sides.x > 0
                then
                    sides.a * ln(sides.x) + sides.b * ln(1 - sides.x)
                    + {{ function('log_gamma') }}(sides.a + sides.b)
                    - {{ function('log_gamma') }}(sides.a + 1) - {{ function('log_gamma') }}(sides.b)
        end as log_factor
    from sides
    inner join terms
        on terms.m = 0
)

-- PostgreSQL refuses to round a tiny exponential to 0
select
    case when log_factor > -690 then exp(log_factor) / fraction else 0 end
    * case when is_direct then 1 else -1 end
    + case when is_direct then 0 else 1 end
from tails
