-- A store that is still open is told that it is not known, and makes itself known again.
DELETE FROM orderflow_events.writers WHERE seen < now() - interval '7 days'
