SELECT owner, (extract(epoch FROM expires_at) * 1000000)::bigint, epoch FROM leases ORDER BY slice
