-- grain: one row per day, 2020 to 2030

with days as (
    {{ dbt.date_spine('day', "cast('2020-01-01' as date)", "cast('2031-01-01' as date)") }}
),

parts as (
    select
        cast(date_day as date) as full_date,
        cast(extract(year from date_day) as integer) as year,
        cast(extract(quarter from date_day) as integer) as quarter,
        cast(extract(month from date_day) as integer) as month,
        cast(extract(day from date_day) as integer) as day,
        cast(extract(doy from date_day) as integer) as day_of_year,
        cast(extract(week from date_day) as integer) as iso_week,
        {{ iso_day_of_week('date_day') }} as day_of_week,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date) as week_start_date,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start_date,
        cast({{ dbt.last_day('date_day', 'month') }} as date) as month_end_date,
        cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as quarter_start_date,
        cast({{ dbt.last_day('date_day', 'quarter') }} as date) as quarter_end_date,
        cast({{ dbt.date_trunc('year', 'date_day') }} as date) as year_start_date
    from days
),

-- United States federal holidays, on their legal day (not moved to a working day)
holidays as (
    select
        *,
        case
            when month = 1 and day = 1 then 'New Year''s Day'
            when month = 1 and day_of_week = 1 and day between 15 and 21 then 'Martin Luther King Jr. Day'
            when month = 2 and day_of_week = 1 and day between 15 and 21 then 'Presidents'' Day'
            when month = 5 and day_of_week = 1 and day between 25 and 31 then 'Memorial Day'
            when month = 6 and day = 19 and year >= 2021 then 'Juneteenth'
            when month = 7 and day = 4 then 'Independence Day'
            when month = 9 and day_of_week = 1 and day between 1 and 7 then 'Labor Day'
            when month = 10 and day_of_week = 1 and day between 8 and 14 then 'Columbus Day'
            when month = 11 and day = 11 then 'Veterans Day'
            when month = 11 and day_of_week = 4 and day between 22 and 28 then 'Thanksgiving Day'
            when month = 12 and day = 25 then 'Christmas Day'
        end as holiday_name
    from parts
),

final as (
    select
        year * 10000 + month * 100 + day as date_key,
        full_date,
        year,
        quarter,
        month,
        day,
        day_of_year,
        day_of_week,
        case day_of_week
            when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday'
            when 4 then 'Thursday' when 5 then 'Friday' when 6 then 'Saturday' else 'Sunday'
        end as day_name,
        iso_week,
        case
            when month = 1 and iso_week > 50 then year - 1
            when month = 12 and iso_week = 1 then year + 1
            else year
        end as iso_year,
        case month
            when 1 then 'January' when 2 then 'February' when 3 then 'March' when 4 then 'April'
            when 5 then 'May' when 6 then 'June' when 7 then 'July' when 8 then 'August'
            when 9 then 'September' when 10 then 'October' when 11 then 'November' else 'December'
        end as month_name,
        year * 100 + month as year_month,
        year * 10 + quarter as year_quarter,
        week_start_date,
        month_start_date,
        month_end_date,
        quarter_start_date,
        quarter_end_date,
        year_start_date,
        cast(extract(day from month_end_date) as integer) as days_in_month,
        case
            when month in (12, 1, 2) then 'Winter'
            when month in (3, 4, 5) then 'Spring'
            when month in (6, 7, 8) then 'Summer'
            else 'Autumn'
        end as season,
        case when day_of_week <= 5 then 1 else 0 end as weekday_flag,
        day_of_week >= 6 as is_weekend,
        full_date = month_start_date as is_month_start,
        full_date = month_end_date as is_month_end,
        full_date = quarter_end_date as is_quarter_end,
        month = 12 and day = 31 as is_year_end,
        mod(year, 4) = 0 and (mod(year, 100) <> 0 or mod(year, 400) = 0) as is_leap_year,
        holiday_name is not null as is_holiday,
        holiday_name
    from holidays
)

select * from final
{% if is_incremental() -%}
where full_date > (select max(known.full_date) from {{ this }} as known)
{%- endif %}
