SELECT worker, (extract(epoch FROM expires_at) * 1000000)::bigint FROM workers
