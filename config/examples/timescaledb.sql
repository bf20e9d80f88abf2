-- The series of a monitor's PostgreSQL store as TimescaleDB hypertables, old chunks compressed.
-- Needs TimescaleDB 2.13 or later. Once, by the owner of the tables, while no daemon runs:
--   monitor db upgrade && psql "$DATABASE" --single-transaction -v ON_ERROR_STOP=1 -f timescaledb.sql
-- Every key of these tables holds its time, so keys and upserts stay as they are and the monitor notices nothing.
-- Late answers and roll-ups (schedule.rollup) write into old chunks too: compress after what you roll up, not before.

CREATE EXTENSION IF NOT EXISTS timescaledb;

SELECT create_hypertable('bar', by_range('open_time', INTERVAL '7 days'), migrate_data => true);
SELECT create_hypertable('bar_superseded', by_range('open_time', INTERVAL '30 days'), migrate_data => true);
SELECT create_hypertable('step', by_range('close_time', INTERVAL '7 days'), migrate_data => true);
SELECT create_hypertable('sector_state', by_range('close_time', INTERVAL '7 days'), migrate_data => true);
SELECT create_hypertable('pair_reading', by_range('at', INTERVAL '7 days'), migrate_data => true);
SELECT create_hypertable('book_reading', by_range('at', INTERVAL '7 days'), migrate_data => true);
SELECT create_hypertable('derivative_reading', by_range('at', INTERVAL '7 days'), migrate_data => true);

-- Rows that are read together lie together: a market's bars, a sector's states, a pair's readings.
ALTER TABLE bar SET (timescaledb.compress, timescaledb.compress_segmentby = 'market, width_s', timescaledb.compress_orderby = 'open_time');
ALTER TABLE sector_state SET (timescaledb.compress, timescaledb.compress_segmentby = 'sector', timescaledb.compress_orderby = 'close_time');
ALTER TABLE pair_reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'from_sector, to_sector', timescaledb.compress_orderby = 'at');
ALTER TABLE book_reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'market', timescaledb.compress_orderby = 'at');
ALTER TABLE derivative_reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'market', timescaledb.compress_orderby = 'at');

SELECT add_compression_policy('bar', INTERVAL '60 days');
SELECT add_compression_policy('sector_state', INTERVAL '60 days');
SELECT add_compression_policy('pair_reading', INTERVAL '60 days');
SELECT add_compression_policy('book_reading', INTERVAL '60 days');
SELECT add_compression_policy('derivative_reading', INTERVAL '60 days');
