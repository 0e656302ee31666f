-- Passes by what a write is under way for: it is still its worker's.
DELETE FROM leases
WHERE slice IN (SELECT slice FROM leases WHERE slice = ANY ($1) ORDER BY slice FOR UPDATE SKIP LOCKED)
RETURNING slice, epoch
