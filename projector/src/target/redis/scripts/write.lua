-- Changes rows and checkpoints together, if they are what the writer believes. KEYS: lease, then the state of each
-- generation. ARGV: lease, the mark of a write that takes several scripts or nothing, whether this is its last script
-- (1 or 0), its number among them, channel, message, then for each generation what its position is and what it becomes,
-- then commands: how many words, and those. Row keys are among the words, since the server takes keys and values of
-- rows in turns.
-- Answers 0 when it is done, -1 without the lease, -2 when an earlier script of this write is not there any more, else
-- the number of the generation that is not as believed.
local KEPT, MOST = 100, 128

-- Adds a row to the newest of its kind. Nothing is kept at or below what was left out before, which the member '-'
-- remembers: so what is kept is complete down to there.
local function remember(set, score, member)
  local floor = redis.call('ZSCORE', set, '-')
  if floor and tonumber(score) <= tonumber(floor) then
    return
  end
  redis.call('ZADD', set, score, member)
  if redis.call('ZCARD', set) > MOST then
    local cut = redis.call('ZREVRANGE', set, KEPT, KEPT, 'WITHSCORES')[2]
    redis.call('ZREMRANGEBYSCORE', set, '-inf', cut)
    redis.call('ZADD', set, cut, '-')
  end
end

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return -1
end
local mark, last, part = ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local announced = false
for key = 2, #KEYS do
  local state = redis.call('HMGET', KEYS[key], 'position', 'pending', 'done', 'role')
  if mark ~= '' and state[3] == mark then
    -- The answer to the last script was lost, and it is sent again.
    return 0
  end
  if state[1] ~= ARGV[2 * key + 3] or (state[2] and state[2] ~= mark) then
    return key - 1
  end
  announced = announced or state[4] == 'serving'
end
if mark ~= '' then
  for key = 2, #KEYS do
    -- A server that fails over may forget what it has answered to, and would otherwise lack those rows for ever.
    for before = 1, last and part - 1 or 0 do
      if redis.call('HEXISTS', KEYS[key], 'part' .. before) == 0 then
        return -2
      end
    end
    redis.call('HSET', KEYS[key], 'pending', mark, 'part' .. part, 1)
  end
end

local at = 2 * #KEYS + 5
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  if ARGV[at + 1] == 'REMEMBER' then
    remember(ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  else
    redis.call(unpack(ARGV, at + 1, at + words))
  end
  at = at + words + 1
end
if last then
  for key = 2, #KEYS do
    redis.call('HSET', KEYS[key], 'position', ARGV[2 * key + 4])
    if mark ~= '' then
      redis.call('HDEL', KEYS[key], 'pending')
      for before = 1, part do
        redis.call('HDEL', KEYS[key], 'part' .. before)
      end
      redis.call('HSET', KEYS[key], 'done', mark)
    end
  end
  if announced and ARGV[6] ~= '' then
    redis.call('PUBLISH', ARGV[5], ARGV[6])
  end
end
return 0
