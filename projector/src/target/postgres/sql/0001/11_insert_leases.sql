INSERT INTO orderflow_views.leases (slice, owner, epoch, expires_at)
SELECT slice, NULL, 0, timestamptz 'epoch' FROM generate_series(0, 7) AS slice
