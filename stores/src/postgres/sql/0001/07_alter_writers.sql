-- Compressing the outcomes of a large group would cost more than writing them.
ALTER TABLE orderflow_events.writers ALTER COLUMN outcomes SET STORAGE EXTERNAL
