-- grain: one row per version of a spending transaction

with versions as (
    select * from {{ ref('base_transactions') }}
    where
        disposition = 'kept'
        and decline_reason is null
        and {{ is_spending('transaction_type') }}
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

spending as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'transaction_at') }} as date) as spending_month
    from versions
    {%- if is_incremental() %}
    where transaction_id in (select touched.transaction_id from touched)
    {%- endif %}
),

-- a person goes through a whole month under the name borne at its end
dated as (
    select
        *,
        {{ dbt.dateadd('second', -1, dbt.dateadd('month', 1, 'spending_month')) }} as name_as_of,
        lead(updated_at) over (partition by transaction_id order by updated_at) as superseded_at
    from spending
),

final as (
    select
        ---------- ids
        {{ surrogate_key(['dated.transaction_id', 'dated.updated_at']) }} as spending_snapshot_key,
        dated.transaction_id,
        dated.customer_id,
        dated.account_id,
        dated.merchant_id,
        ---------- when
        cast(dated.transaction_at as date) as spending_date,
        dated.transaction_at as spending_at,
        dated.spending_month,
        ---------- who, what, where, how
        people.person_name,
        coalesce(categories.category_name, 'Uncategorized') as category_name,
        coalesce(categories.category_group, 'other') as category_group,
        coalesce(dated.location_city, 'Unknown') as location_name,
        case
            when dated.location_city is null then 'Unknown'
            when dated.channel = 'Online' then 'Online'
            when dated.is_international then 'Abroad'
            else 'Domestic'
        end as location_type,
        coalesce(dated.payment_method, 'Unknown') as payment_method_name,
        coalesce(methods.payment_type, 'Unknown') as payment_type,
        dated.transaction_type,
        dated.description,
        dated.is_recurring,
        ---------- measures
        -dated.amount as amount_cleaned,
        dated.quality_score,
        ---------- version
        dated.updated_at as valid_from,
        dated.superseded_at as valid_to,
        case when dated.is_latest then 1 else 0 end as is_latest,
        cast({{ dbt.date_trunc('day', 'dated.updated_at') }} as date) as snapshot_version,
        dated.name_as_of,
        dated._batch_id,
        dated._batch_date,
        {{ build_number() }} as _build_id
    from dated
    left join people
        on
            dated.customer_id = people.customer_id
            and {{ valid_at('people', 'dated.name_as_of') }}
    left join categories
        on dated.merchant_category = categories.merchant_category
    left join methods
        on dated.payment_method = methods.payment_method
)

select * from final
order by spending_date
