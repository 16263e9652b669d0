-- Newton's method on the logarithm of the tail, which is concave: it comes down to the root from
-- sqrt(-2 ln 2p), which bounds it from above, and never passes it.
with recursive steps as (
    select
        0 as step,
        least(p, 1 - p) as tail,
        case when p > 0 and p < 1 then sqrt(-2 * ln(2 * least(p, 1 - p))) end as z,
        cast(null as double precision) as last_z
    union all
    select
        steps.step + 1,
        steps.tail,
        steps.z + ln(reached.tail / steps.tail) * reached.tail * sqrt(2 * pi()) * exp(steps.z * steps.z / 2),
        steps.z
    from steps
    cross join lateral (
        select {{ function('normal_cdf') }}(-steps.z) as tail
        offset 0  -- once, not wherever it is named
    ) as reached
    where steps.z is not null and steps.step < 20 and (steps.last_z is null or steps.z < steps.last_z * (1 - 1e-15))
)

select case when p < 0.5 then -z else z end from steps
order by step desc
limit 1
