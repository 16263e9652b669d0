-- grain: one row per month and payment method
{% set series = ['payment_method_name'] %}
{% set shifts = [0, 1] %}
{{ config(pre_hook="{{ delete_affected_months(" ~ series ~ ", " ~ shifts ~ ") }}") }}

with spending as (
    {{ latest_spending(series, shifts) }}
),

ranked_categories as (
    select
        payment_method_name,
        spending_month,
        category_name,
        sum(amount_cleaned) as category_amount,
        row_number() over (
            partition by payment_method_name, spending_month
            order by sum(amount_cleaned) desc, category_name asc
        ) as category_rank
    from spending
    group by payment_method_name, spending_month, category_name
),

top_categories as (
    select
        payment_method_name,
        spending_month,
    {% for place in [1, 2, 3] -%}
    max(case when category_rank = {{ place }} then category_name end) as top_category_{{ place }},
    max(case when category_rank = {{ place }} then category_amount end) as top_category_{{ place }}_amount
    {{- ',' if not loop.last }}
    {% endfor %}
    from ranked_categories
    where category_rank <= 3
    group by payment_method_name, spending_month
),

monthly as (
    select
        {{ series_key(series) }} as series_key,
        payment_method_name,
        payment_type,
        spending_month as month_start_date,
        cast(count(*) as integer) as transaction_count,
        cast(count(distinct customer_id) as integer) as unique_persons_count,
        sum(amount_cleaned) as total_amount,
        round(avg(amount_cleaned), 2) as avg_transaction_amount,
        min(amount_cleaned) as min_transaction_amount,
        max(amount_cleaned) as max_transaction_amount,
        max(snapshot_version) as snapshot_version_source
    from spending
    group by payment_method_name, payment_type, spending_month
),

compared as (
    {{ compared('monthly', series, amount='total_amount', year=false) }}
),

last_month as (
    {{ months_before('monthly', series, ['transaction_count'], 1) }}
),

final as (
    select
        {{ surrogate_key(['compared.month_start_date', 'compared.payment_method_name']) }} as payment_summary_id,
        {{ month_columns('compared.month_start_date', with_end=false) }},
        compared.payment_method_name,
        compared.payment_type,
        compared.transaction_count,
        compared.unique_persons_count,
        compared.total_amount,
        compared.avg_transaction_amount,
        compared.min_transaction_amount,
        compared.max_transaction_amount,
        {{ percent_of('compared.transaction_count',
            'sum(compared.transaction_count) over (partition by compared.month_start_date)') }}
            as percent_of_transactions,
        {{ percent_of('compared.total_amount',
            'sum(compared.total_amount) over (partition by compared.month_start_date)') }}
            as percent_of_spending,
        top_categories.top_category_1,
        top_categories.top_category_2,
        top_categories.top_category_3,
        top_categories.top_category_1_amount,
        top_categories.top_category_2_amount,
        top_categories.top_category_3_amount,
        case
            when compared.prev_month_value is not null then coalesce(last_month.transaction_count, 0)
        end as prev_month_transaction_count,
        {{ percent_change('compared.transaction_count', 'last_month.transaction_count') }}
            as mom_transaction_change_percent,
        compared.prev_month_value as prev_month_amount,
        {{ percent_change('compared.total_amount', 'compared.prev_month_value') }} as mom_amount_change_percent,
        cast(rank() over (
            partition by compared.month_start_date
            order by compared.total_amount desc, compared.payment_method_name asc
        ) as integer) as payment_method_rank,
        compared.snapshot_version_source,
        {{ dbt.current_timestamp() }} as created_at,
        {{ dbt.current_timestamp() }} as updated_at
    from compared
    inner join top_categories
        on
            compared.payment_method_name = top_categories.payment_method_name
            and compared.month_start_date = top_categories.spending_month
    left join last_month
        on
            compared.series_key = last_month.series_key
            and compared.month_start_date = last_month.compared_month
)

select * from final
order by month_start_date, payment_method_rank
