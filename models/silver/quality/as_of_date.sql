-- grain: one row; the business day that "today" means in every model

select
    {% if var('as_of_date') -%}
    cast('{{ var("as_of_date") }}' as date) as as_of_date
    {%- else -%}
    max(batch_date) as as_of_date
    {%- endif %}
from {{ source('loads', 'load_batches') }}
where batch_id <= {{ batch_ceiling() }}
