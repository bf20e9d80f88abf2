-- The large series of a monitor's PostgreSQL store spread over the nodes of a Citus cluster, by market or by pair.
-- Once, on the coordinator, by the owner of the tables, while no daemon runs:
--   monitor db upgrade && psql "$DATABASE" -v ON_ERROR_STOP=1 -f citus.sql
-- Every key of these tables holds its distribution column. Tables that are not named here stay on the coordinator, and so do the
-- locks that let one daemon write: all daemons connect to the coordinator.
-- A reading transaction sees one state on each node, not one state of all nodes: bars that came a moment ago may show on one of them.

CREATE EXTENSION IF NOT EXISTS citus;

SELECT create_reference_table('market');
SELECT create_distributed_table('bar', 'market');
SELECT create_distributed_table('bar_superseded', 'market', colocate_with => 'bar');
SELECT create_distributed_table('coverage', 'market', colocate_with => 'bar');
SELECT create_distributed_table('book_reading', 'market', colocate_with => 'bar');
SELECT create_distributed_table('derivative_reading', 'market', colocate_with => 'bar');
SELECT create_distributed_table('pair_reading', 'from_sector');
