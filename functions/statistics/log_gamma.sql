-- Stirling's series at x + 10, taken back to x by the recurrence gamma(x + 1) = x gamma(x).
-- A case and no filter: PostgreSQL computes what is constant before it filters.
select
    case
        when x > 0
            then
                (x + 9.5) * ln(x + 10) - (x + 10) + 0.91893853320467274178
                + (
                    1.0 / 12 - (
                        1.0 / 360 - (
                            1.0 / 1260 - (
                                1.0 / 1680 - (1.0 / 1188 - 691.0 / 360360 / power(x + 10, 2)) / power(x + 10, 2)
                            ) / power(x + 10, 2)
                        ) / power(x + 10, 2)
                    ) / power(x + 10, 2)
                ) / (x + 10)
                - ln(x * (x + 1) * (x + 2) * (x + 3) * (x + 4))
                - ln((x + 5) * (x + 6) * (x + 7) * (x + 8) * (x + 9))
    end
