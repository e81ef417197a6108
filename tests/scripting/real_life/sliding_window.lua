-- A sliding window: at most so many requests in any period, for several periods at once.
--
-- KEYS     one sorted set for each limit
-- ARGV     now in ms, id of the request, then for each limit: most requests, length of the period in ms
-- Returns  {1, requests left under the strictest limit} or {0, index of the limit, ms until it allows one}
--
-- A request that is refused by one limit counts in none of them.

local now = tonumber(ARGV[1])
local id = ARGV[2]
local left = math.huge

local function limit(index)
  local position = 1 + 2 * index
  return tonumber(ARGV[position]), tonumber(ARGV[position + 1])
end

assert(#ARGV == 2 + 2 * #KEYS, "each key needs a limit and a period")

for index, key in ipairs(KEYS) do
  local most, period = limit(index)
  redis.call("ZREMRANGEBYSCORE", key, "-inf", "(" .. now - period + 1)
  local used = redis.call("ZCARD", key)
  if used >= most then
    -- The oldest one that has to go first, if the limit was lowered meanwhile.
    local oldest = redis.call("ZRANGE", key, used - most, used - most, "WITHSCORES")
    return {0, index, tonumber(oldest[2]) + period - now}
  end
  left = math.min(left, most - used - 1)
end

for index, key in ipairs(KEYS) do
  local _, period = limit(index)
  redis.call("ZADD", key, now, id)
  redis.call("PEXPIRE", key, period)
end
return {1, left}
