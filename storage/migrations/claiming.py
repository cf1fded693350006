"""What storage.claims calls on PostgreSQL: the choice of feeds that are due, and their lease."""

# Takes Lock.FEEDS, then `most` free feeds of different hosts that nobody polls, those due longest first. Looks at
# `look` of them first, and at ten times as many each time when hosts that have one already fill what was seen. Rows
# that a transaction holds (of a process that lost its lease, and still writes) are passed over and do not count.
#
# In PL/pgSQL each statement sees what was committed before it, so also what the last holder of the lock did
# (https://www.postgresql.org/docs/current/xfunc-volatility.html), and keeps its plan; always one by the indexes, since
# a table that was not analysed yet would be read and sorted whole. Whoever is to claim otherwise adds a function of
# another name: processes of two releases may share a database.
CREATE_CLAIM_FEEDS = """
CREATE FUNCTION claim_feeds(at timestamptz, due_by timestamptz, until timestamptz, most integer, look integer)
RETURNS SETOF feeds LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    due record;
    seen integer;
    ids bigint[] := '{}';
    hosts text[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(19799, 2);
    LOOP
        seen := 0;
        FOR due IN
            SELECT f.id, f.host FROM feeds f
            WHERE f.active AND f.paused_at IS NULL AND (f.lease_until IS NULL OR f.lease_until <= at)
                AND f.next_poll_at <= due_by AND f.host <> ALL (hosts)
                AND f.host NOT IN (SELECT polled.host FROM feeds polled WHERE polled.lease_until > at)
            ORDER BY f.next_poll_at, f.id LIMIT look
            FOR NO KEY UPDATE OF f SKIP LOCKED
        LOOP
            seen := seen + 1;
            CONTINUE WHEN due.host = ANY (hosts);
            ids := ids || due.id;
            hosts := hosts || due.host;
            EXIT WHEN cardinality(ids) = most;
        END LOOP;
        EXIT WHEN cardinality(ids) = most OR seen < look;
        look := look * 10;
    END LOOP;
    RETURN QUERY
        UPDATE feeds f SET lease_until = until, epoch = f.epoch + 1 WHERE f.id = ANY (ids) RETURNING f.*;
END $$
"""
