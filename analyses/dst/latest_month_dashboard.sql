SELECT * FROM vw_dst_latest_month_dashboard;
