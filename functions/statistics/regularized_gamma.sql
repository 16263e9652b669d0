-- The upper tail Q(a, x). DLMF 8.11.4 (a series for the lower tail) up to x = a + 1, above it 8.9.2
-- (a continued fraction); both evaluated from their far end.
with recursive sides as (
    select
        x < a + 1 as is_series,
        a,
        x
    where x >= 0 and a > 0
),

terms as (
    select
        cast(120 + 10 * sqrt(a) as integer) as m,
        cast(1 as double precision) as term
    from sides
    union all
    select
        terms.m - 1,
        case
            when sides.is_series then 1 + sides.x / (sides.a + terms.m) * terms.term
            else sides.x + 2 * terms.m - 1 - sides.a - terms.m * (terms.m - sides.a) / terms.term
        end
    from terms
    cross join sides
    where terms.m > 0
),

factors as (
    select
        sides.is_series,
        terms.term,
        sides.a,
        case
            when sides.x > 0
                then sides.a * ln(sides.x) - sides.x - {{ function('log_gamma') }}(sides.a + 1)
        end as log_factor
    from sides
    inner join terms
        on terms.m = 0
)

-- PostgreSQL refuses to round a tiny exponential to 0
select
    case
        when is_series then 1 - case when log_factor > -690 then exp(log_factor) * term else 0 end
        when log_factor > -690 then exp(log_factor) * a / term
        else 0
    end
from factors
