-- Takes the lease, or keeps it. KEYS: lease, count of terms. ARGV: worker, lease as the worker knows it, duration in ms.
-- Answers the lease and whether it was kept (1) or taken (0), or nothing while another worker has it.
local found = redis.call('GET', KEYS[1])
if found and found == ARGV[2] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {found, 1}
end
local mine = ARGV[1] .. '/'
if found and string.sub(found, 1, #mine) ~= mine then
  return false
end
local lease = mine .. string.format('%d', redis.call('INCR', KEYS[2]))
redis.call('SET', KEYS[1], lease, 'PX', ARGV[3])
return {lease, 0}
