-- include queue_common.lua
-- Adds a job, or a whole flow of jobs: a parent that is not run before its children are done.
--
-- KEYS[1]  prefix      ARGV  now, a tree of jobs packed with MessagePack:
--   {name, data, id, priority, delay, attempts, backoff = {type, delay}, keep_completed, keep_failed,
--    on_failure = "ignore" or "fail_parent", children = {...}}, all but the name optional
-- Returns  the ids, each parent before its children; a job whose id is known already is not added again

local tree = cmsgpack.unpack(ARGV[2])
local ids = {}

local MOST_LEVELS = 10
local DEFAULTS = {
  priority = 0, delay = 0, attempts = 1, keep_completed = 100, keep_failed = 1000, on_failure = "ignore",
}

local function option(job, name)
  local value = job[name]
  if value == nil then
    return DEFAULTS[name]
  end
  return value
end

local function whole_number(job, name, least, most)
  local value = option(job, name)
  if type(value) ~= "number" or value ~= math.floor(value) or value < least or value > most then
    error({err = string.format("ERR %s of job '%s' is not between %d and %.0f", name, job.name, least, most)})
  end
  return value
end

-- Everything is checked before anything is written: an error leaves no half of a flow behind.
local function check(job, level)
  if type(job) ~= "table" or type(job.name) ~= "string" or job.name == "" then
    error({err = "ERR a job needs a name"})
  elseif level > MOST_LEVELS then
    error({err = "ERR a flow has at most " .. MOST_LEVELS .. " levels"})
  end
  whole_number(job, "priority", 0, MOST_PRIORITY)
  whole_number(job, "delay", 0, 2 ^ 40)
  whole_number(job, "attempts", 1, 1000)
  whole_number(job, "keep_completed", 0, 2 ^ 31)
  whole_number(job, "keep_failed", 0, 2 ^ 31)
  for _, child in ipairs(job.children or {}) do
    check(child, level + 1)
  end
end

local function store(job, id, parent)
  local backoff = job.backoff or {type = "fixed", delay = 0}
  redis.call("HSET", key("job", id),
    "name", job.name,
    "data", cjson.encode(job.data or {}),
    "priority", option(job, "priority"),
    "delay", option(job, "delay"),
    "attempts", option(job, "attempts"),
    "backoff", cmsgpack.pack(backoff.type, backoff.delay),
    "keep_completed", option(job, "keep_completed"),
    "keep_failed", option(job, "keep_failed"),
    "on_failure", option(job, "on_failure"),
    "added_at", now,
    "tried", 0)
  if parent then
    redis.call("HSET", key("job", id), "parent", parent)
  end
end

local function add(job, parent)
  local id = job.id and tostring(job.id) or tostring(redis.call("INCR", key("id")))
  ids[#ids + 1] = id
  if redis.call("EXISTS", key("job", id)) == 1 then
    emit("duplicated", id)
    return nil
  end
  store(job, id, parent)
  emit("added", id, "name", job.name)

  local waiting_for = 0
  for _, child in ipairs(job.children or {}) do
    local child_id = add(child, id)
    if child_id then
      waiting_for = waiting_for + redis.call("SADD", key("job", id, "children"), child_id)
    end
  end
  if waiting_for > 0 then
    redis.call("SADD", key("parents"), id)
  else
    make_available(id, option(job, "delay"))
  end
  return id
end

check(tree, 1)
add(tree)
return ids
