-- Gives a building generation up. KEYS: view, lease, what is to be swept. ARGV: lease, generation.
-- Answers whether this worker has the lease.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
if redis.call('HGET', KEYS[1], 'building') == ARGV[2] then
  redis.call('RPUSH', KEYS[3], KEYS[1] .. ':g' .. ARGV[2])
  redis.call('DEL', KEYS[1] .. ':g' .. ARGV[2] .. ':state')
  redis.call('HDEL', KEYS[1], 'building')
end
return 1
