-- A token bucket: it holds `capacity` tokens, gets `rate` new ones a second, and each request takes some.
--
-- KEYS[1]  the bucket, a hash
-- ARGV     capacity, rate, now in ms, tokens wanted
-- Returns  {1 if they were taken, whole tokens left, ms until there are enough (-1: never)}

local capacity = tonumber(ARGV[1])
local rate = tonumber(ARGV[2])
local now = tonumber(ARGV[3])
local wanted = tonumber(ARGV[4] or 1)

if not (capacity and rate and now and wanted) or capacity <= 0 or rate <= 0 then
  return redis.error_reply("ERR capacity, rate, time and tokens must be positive numbers")
end

local bucket = redis.call("HMGET", KEYS[1], "tokens", "filled_at")
local tokens = tonumber(bucket[1]) or capacity
local filled_at = tonumber(bucket[2]) or now

-- A clock that went back must not take tokens away.
local elapsed = math.max(0, now - filled_at)
tokens = math.min(capacity, tokens + elapsed * rate / 1000)
filled_at = math.max(now, filled_at)

local taken, wait = 0, 0
if wanted <= tokens then
  tokens = tokens - wanted
  taken = 1
elseif wanted > capacity then
  wait = -1
else
  wait = math.ceil((wanted - tokens) * 1000 / rate)
end

redis.call("HSET", KEYS[1], "tokens", tokens, "filled_at", filled_at)
-- A bucket that nobody used for so long is full: it may as well not be there.
redis.call("PEXPIRE", KEYS[1], math.ceil(capacity / rate * 1000) + 1000)

return {taken, math.floor(tokens), wait}
