-- dst.get_trend_direction() reads a change as the models do, on both sides of the thresholds and
-- where there is nothing to compare with.
with changes as (
    {% for change in ['5', '5.01', '-5', '-5.01', '0', '250', '-100', 'null'] -%}
    select cast({{ change }} as numeric) as percent_change
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
),

readings as (
    select
        percent_change,
        {{ function('get_trend_direction') }}(percent_change) as by_function,
        {{ trend_direction('percent_change') }} as by_model
    from changes
)

select *
from readings
where
    by_function is distinct from by_model
    or by_function is distinct from case
        when percent_change in (5.01, 250) then 'INCREASING'
        when percent_change in (-5.01, -100) then 'DECREASING'
        when percent_change in (5, -5, 0) then 'STABLE'
        else 'NO_DATA'
    end
