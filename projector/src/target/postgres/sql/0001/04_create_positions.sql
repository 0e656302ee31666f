CREATE VIEW orderflow_views.positions AS
SELECT view, min(position) AS position
FROM orderflow_views.generations JOIN orderflow_views.checkpoints USING (view, generation)
WHERE role = 'serving'
GROUP BY view
