select {{ trend_direction('percent_change') }}
