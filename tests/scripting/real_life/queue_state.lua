-- include queue_common.lua
-- Tells how a queue stands, or where a job is.
--
-- KEYS[1]  prefix      ARGV  now, optionally an id
-- Returns  a JSON text of the number of jobs in each state; with an id the job's state, or nil

local counters = {wait = "LLEN", parents = "SCARD"}
local searches = {
  wait = function(id) return redis.call("LPOS", key("wait"), id) end,
  parents = function(id) return redis.call("SISMEMBER", key("parents"), id) == 1 end,
}
local states = {"wait", "prioritized", "delayed", "active", "parents", "completed", "failed"}

local function is_in(state, id)
  local search = searches[state] or function() return redis.call("ZSCORE", key(state), id) end
  return search(id)
end

if ARGV[2] then
  for _, state in ipairs(states) do
    if is_in(state, ARGV[2]) then
      return state
    end
  end
  return redis.call("EXISTS", key("job", ARGV[2])) == 1 and "unknown" or nil
end

local counts = {}
for _, state in ipairs(states) do
  counts[state] = redis.call(counters[state] or "ZCARD", key(state))
end
return cjson.encode(counts)
