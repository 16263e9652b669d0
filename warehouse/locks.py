"""The advisory locks of the warehouse: any numbers, all different, the same in every process."""

# two set-ups must not touch one catalog row
PREPARE = 7_305_202_401
# held by everything that gives numbers to batches
LOAD = 7_305_202_402
BUILD = 7_305_202_403
# held shared while rows of a stream are added, and by dbt while it notes which batches it reads
# (macros/engine/hold_streams.sql has the same number)
STREAM = 7_305_202_404
DAY = 7_305_202_405
