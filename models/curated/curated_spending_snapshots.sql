-- grain: one row per version of a spending transaction

with versions as (
    select * from {{ ref('base_transactions') }}
    where disposition = 'kept'
),

people as (
    select
        customer_id,
        first_name || ' ' || last_name as person_name,
        dbt_valid_from as valid_from,
        coalesce(dbt_valid_to, cast('9999-12-31' as date)) as valid_to,
        _recorded_build_id
    from {{ ref('customers_snapshot') }}
),

categories as (
    select * from {{ ref('spending_categories') }}
),

methods as (
    select * from {{ ref('payment_methods') }}
),

{% if is_incremental() -%}
touched as (
    select changed.transaction_id from {{ ref('base_transactions') }} as changed
    where changed._build_id > {{ watermark() }}
    union
    -- a new version of a person may bring another name
    select known.transaction_id
    from {{ this }} as known
    inner join people
        on
            known.customer_id = people.customer_id
            and known.person_name <> people.person_name
            and {{ valid_at('people', 'known.name_as_of') }}
    where people._recorded_build_id > {{ watermark() }}
),
{%- endif %}

-- all versions, for one may be superseded by one that is no spending: declined after all
dated as (
    select
        *,
        lead(updated_at) over (partition by transaction_id order by updated_at) as superseded_at,
        cast({{ dbt.date_trunc('month', 'transaction_at') }} as date) as spending_month
    from versions
    {%- if is_incremental() %}
    where transaction_id in (select touched.transaction_id from touched)
    {%- endif %}
),

-- a person goes through a whole month under the name borne at its end
spending as (
    select
        *,
        {{ dbt.dateadd('second', -1, dbt.dateadd('month', 1, 'spending_month')) }} as name_as_of
    from dated
    where decline_reason is null and {{ is_spending('transaction_type') }}
),

final as (
    select
        ---------- ids
        {{ surrogate_key(['spending.transaction_id', 'spending.updated_at']) }} as spending_snapshot_key,
        spending.transaction_id,
        spending.customer_id,
        spending.account_id,
        spending.merchant_id,
        ---------- when
        cast(spending.transaction_at as date) as spending_date,
        spending.transaction_at as spending_at,
        spending.spending_month,
        ---------- who, what, where, how
        people.person_name,
        coalesce(categories.category_name, 'Uncategorized') as category_name,
        coalesce(categories.category_group, 'other') as category_group,
        coalesce(spending.location_city, 'Unknown') as location_name,
        case
            when spending.location_city is null then 'Unknown'
            when spending.channel = 'Online' then 'Online'
            when spending.is_international then 'Abroad'
            else 'Domestic'
        end as location_type,
        coalesce(spending.payment_method, 'Unknown') as payment_method_name,
        coalesce(methods.payment_type, 'Unknown') as payment_type,
        spending.transaction_type,
        spending.description,
        spending.is_recurring,
        ---------- measures
        -spending.amount as amount_cleaned,
        spending.quality_score,
        ---------- version
        spending.updated_at as valid_from,
        spending.superseded_at as valid_to,
        case when spending.is_latest then 1 else 0 end as is_latest,
        cast({{ dbt.date_trunc('day', 'spending.updated_at') }} as date) as snapshot_version,
        spending.name_as_of,
        spending._batch_id,
        spending._batch_date,
        {{ build_number() }} as _build_id
    from spending
    left join people
        on
            spending.customer_id = people.customer_id
            and {{ valid_at('people', 'spending.name_as_of') }}
    left join categories
        on spending.merchant_category = categories.merchant_category
    left join methods
        on spending.payment_method = methods.payment_method
)

select * from final
order by spending_date
