-- include queue_common.lua
-- Leases the next job to a worker: the oldest without a priority, else the one with the lowest number.
--
-- KEYS[1]  prefix      ARGV  now, token of the worker, length of the lease in ms
-- Returns  {id, job as JSON} or {nil, ms after which there may be one (-1: unknown), why there is none}

local token, lease = ARGV[2], tonumber(ARGV[3])

local function setting(name)
  return tonumber(redis.call("HGET", key("meta"), name) or nil)
end

local function nothing(after, why)
  return {false, after, redis.status_reply(why)}
end

-- How long the limiter holds back the next job; it counts in periods that begin at multiples of their length.
local function limited_for()
  local most, period = setting("limit"), setting("period")
  if not most or not period then
    return 0
  end
  local current = math.floor(now / period)
  local counted = redis.call("HMGET", key("limiter"), "period", "count")
  if tonumber(counted[1]) ~= current then
    redis.call("HSET", key("limiter"), "period", current, "count", 0)
  elseif tonumber(counted[2]) >= most then
    return (current + 1) * period - now
  end
  return 0
end

local function next_id()
  local id = redis.call("RPOP", key("wait"))
  if id then
    return id
  end
  local first = redis.call("ZPOPMIN", key("prioritized"))
  return first[1]
end

local function describe(id)
  local fields = redis.call("HGETALL", key("job", id))
  local job = {}
  for index = 1, #fields, 2 do
    job[fields[index]] = fields[index + 1]
  end
  local children = {}
  local results = redis.call("HGETALL", key("job", id, "results"))
  for index = 1, #results, 2 do
    children[results[index]] = cjson.decode(results[index + 1])
  end
  return cjson.encode({
    name = job.name,
    data = cjson.decode(job.data),
    attempt = tonumber(job.tried),
    attempts = tonumber(job.attempts),
    waited = now - tonumber(job.added_at),
    children = next(children) and children or nil,
  })
end

promote_due()

if redis.call("HEXISTS", key("meta"), "paused") == 1 then
  return nothing(-1, "paused")
end

local concurrency = setting("concurrency")
if concurrency and redis.call("ZCARD", key("active")) >= concurrency then
  local first = redis.call("ZRANGE", key("active"), 0, 0, "WITHSCORES")
  return nothing(math.max(1, first[2] - now), "busy")
end

local wait = limited_for()
if wait > 0 then
  return nothing(wait, "limited")
end

local id = next_id()
while id and redis.call("EXISTS", key("job", id)) == 0 do
  id = next_id()                        -- it was removed while it stood in line
end
if not id then
  local first = redis.call("ZRANGE", key("delayed"), 0, 0, "WITHSCORES")
  if not first[1] then
    emit("drained", "-")
  end
  return nothing(first[2] and first[2] - now or -1, "empty")
end

redis.call("HINCRBY", key("job", id), "tried", 1)
redis.call("HSET", key("job", id), "token", token, "started_at", now)
redis.call("ZADD", key("active"), now + lease, id)
if setting("limit") then
  redis.call("HINCRBY", key("limiter"), "count", 1)
end
emit("active", id)
return {id, describe(id)}
