-- grain: one row; the business day that "today" means in every model

select
    coalesce(
        cast(nullif('{{ var("as_of_date") }}', '') as date),
        {{ business_day() }}
    ) as as_of_date
from {{ source('loads', 'load_batches') }}
where batch_id <= {{ batch_ceiling() }}
