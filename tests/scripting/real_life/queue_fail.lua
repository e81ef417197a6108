-- include queue_common.lua
-- Ends an attempt that went wrong: the job is tried again later, or has failed.
--
-- KEYS[1]  prefix      ARGV  now, id, token, reason, "final" if it must not be tried again
-- Returns  {"retry", ms until then} or {"failed", number of attempts}

local id, token, reason = ARGV[2], ARGV[3], ARGV[4]
local LONGEST_BACKOFF = 3600 * 1000

local strategies = {
  fixed = function(delay) return delay end,
  linear = function(delay, tried) return delay * tried end,
  exponential = function(delay, tried) return delay * 2 ^ (tried - 1) end,
}

check_lease(id, token)
local tried, attempts, packed = get(id, "tried", "attempts", "backoff")
local kind, delay = cmsgpack.unpack(packed)
local strategy = strategies[kind]
if not strategy then
  return redis.error_reply(("ERR no backoff is named '%s'"):format(tostring(kind)))
end

end_lease(id)
tried, attempts = tonumber(tried), tonumber(attempts)
redis.call("HSET", key("job", id), "reason", reason)

if tried < attempts and ARGV[5] ~= "final" then
  local wait = math.min(strategy(delay, tried), LONGEST_BACKOFF)
  emit("retry", id, "attempt", tried, "reason", reason)
  if wait > 0 then
    postpone(id, wait)
  else
    put_in_line(id, true)
  end
  return {redis.status_reply("retry"), wait}
end
fail_for_good(id, reason)
return {redis.status_reply("failed"), tried}
