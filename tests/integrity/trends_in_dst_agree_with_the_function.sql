-- Every trend label stored in dst is what dst.get_trend_direction() says of the change beside it.
select
    month_start_date,
    category_name
from {{ ref('dst_category_trends') }}
where
    mom_trend_direction <> {{ function('get_trend_direction') }}(mom_percent_change)
    or yoy_trend_direction <> {{ function('get_trend_direction') }}(yoy_percent_change)
