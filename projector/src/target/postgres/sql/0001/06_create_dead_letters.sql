-- Those of the generations that serve: what a rebuild parks is its own affair until it is switched to.
CREATE VIEW orderflow_views.dead_letters AS
SELECT view, stream, parked.version AS version, parked.position AS position, kind, reason, parked_at
FROM orderflow_views.parked JOIN orderflow_views.generations USING (view, generation)
WHERE role = 'serving'
