-- Newton's method on the convex tail, from the normal quantile, which bounds the root from below:
-- it goes up to the root and never passes it.
with recursive steps as (
    select
        0 as step,
        2 * least(p, 1 - p) as tails,
        abs({{ function('normal_quantile') }}(p)) as t,
        cast(null as double precision) as last_t,
        case
            when df > 0
                then
                    {{ function('log_gamma') }}((df + 1) / 2) - {{ function('log_gamma') }}(df / 2)
                    - ln(df * pi()) / 2
        end as log_peak
    union all
    select
        step + 1,
        tails,
        t + ({{ function('student_t_p_value') }}(t, df) - tails) / 2
        * exp((df + 1) / 2 * ln(1 + t * t / df) - log_peak),
        t,
        log_peak
    from steps
    where t is not null and log_peak is not null and step < 100 and (last_t is null or t > last_t * (1 + 1e-15))
)

select case when df > 0 and p < 0.5 then -t when df > 0 then t end from steps
order by step desc
limit 1
