-- What the scripts of the job queue share; it is put before each of them.
--
-- Every script gets the queue's prefix as KEYS[1] and the time in ms as ARGV[1]. Below the prefix are:
--   id          counter of the ids          meta        hash: paused, concurrency, limit, period
--   wait        list, pushed at the left    prioritized sorted set of jobs with a priority
--   delayed     sorted set by due time      parents     set of jobs that wait for their children
--   active      sorted set by the end of the worker's lease
--   completed, failed                       sorted sets by time
--   events      stream of what happened     limiter     counter of the jobs taken in this period
--   job:ID      hash, with job:ID:children (ids not done yet) and job:ID:results (what those returned)

local prefix = KEYS[1]
local now = tonumber(ARGV[1])

-- A job's place in a sorted set is an urgent part and a serial number: both in the 53 bits of a score.
local SERIALS = 2 ^ 32
local MOST_PRIORITY = 2 ^ 21 - 1
local KEEP_EVENTS = 1000

local function key(name, id, part)
  local full = prefix .. name
  if id then full = full .. ":" .. id end
  if part then full = full .. ":" .. part end
  return full
end

local function emit(event, id, ...)
  redis.call("XADD", key("events"), "MAXLEN", "~", KEEP_EVENTS, "*", "event", event, "job", id, ...)
end

local function get(id, ...)
  return unpack(redis.call("HMGET", key("job", id), ...))
end

-- Makes a job available: by its priority, else in order of arrival; `urgent` ones come next.
local function put_in_line(id, urgent)
  local priority = tonumber(get(id, "priority") or 0) or 0
  if priority > 0 then
    local serial = redis.call("INCR", key("serial")) % SERIALS
    redis.call("ZADD", key("prioritized"), priority * SERIALS + serial, id)
  elseif urgent then
    redis.call("RPUSH", key("wait"), id)
  else
    redis.call("LPUSH", key("wait"), id)
  end
  emit("waiting", id)
end

local function postpone(id, delay)
  redis.call("ZADD", key("delayed"), now + delay, id)
  emit("delayed", id, "until", now + delay)
end

local function make_available(id, delay)
  if delay > 0 then
    postpone(id, delay)
  else
    put_in_line(id)
  end
end

local function promote_due()
  local due = redis.call("ZRANGE", key("delayed"), "-inf", now, "BYSCORE", "LIMIT", 0, 1000)
  for _, id in ipairs(due) do
    put_in_line(id)
  end
  if #due > 0 then
    redis.call("ZREM", key("delayed"), unpack(due))
  end
end

local function check_lease(id, token)
  local holder = get(id, "token")
  if redis.call("EXISTS", key("job", id)) == 0 then
    error({err = "NOJOB there is no job " .. id})
  elseif holder ~= token then
    error({err = "NOLEASE job " .. id .. " is not leased to " .. token})
  end
end

local function end_lease(id)
  redis.call("HDEL", key("job", id), "token")
  redis.call("ZREM", key("active"), id)
end

local function remove_job(id)
  redis.call("UNLINK", key("job", id), key("job", id, "children"), key("job", id, "results"))
end

-- Puts a job among the completed or failed ones and keeps only the newest of those.
local function archive(id, state, keep)
  redis.call("ZADD", key(state), now, id)
  local extra = redis.call("ZCARD", key(state)) - keep
  if extra > 0 then
    for _, old in ipairs(redis.call("ZRANGE", key(state), 0, extra - 1)) do
      remove_job(old)
    end
    redis.call("ZREMRANGEBYRANK", key(state), 0, extra - 1)
  end
end

local fail_for_good

-- Tells the parent of a job that ended; the parent itself comes in line after its last child.
local function settle_parent(id, result, reason)
  local parent, on_failure = get(id, "parent", "on_failure")
  if not parent or redis.call("SREM", key("job", parent, "children"), id) == 0 then
    return
  end
  if result then
    redis.call("HSET", key("job", parent, "results"), id, result)
  elseif on_failure == "fail_parent" then
    if redis.call("SREM", key("parents"), parent) == 1 then
      fail_for_good(parent, "child " .. id .. " failed: " .. reason)
    end
    return
  end
  if redis.call("SCARD", key("job", parent, "children")) == 0
      and redis.call("SREM", key("parents"), parent) == 1 then
    make_available(parent, tonumber(get(parent, "delay")))
  end
end

function fail_for_good(id, reason)
  local keep = tonumber(get(id, "keep_failed"))
  redis.call("HSET", key("job", id), "reason", reason, "finished_at", now)
  emit("failed", id, "reason", reason)
  archive(id, "failed", keep)
  settle_parent(id, nil, reason)
end
