-- Shows a member's neighbourhood in a leaderboard. Equal scores share a rank, as in sports: 1, 2, 2, 4.
--
-- KEYS     board (a sorted set), the players' profiles (a hash of JSON texts)
-- ARGV     player, rows above and below
-- Returns  a JSON text: {"size": ..., "top": percent, "rows": [{"rank", "player", "score", "games"}, ...]};
--          nil if the player is not on the board

local board, profiles = KEYS[1], KEYS[2]
local player, span = ARGV[1], tonumber(ARGV[2])

local position = redis.call("ZREVRANK", board, player)
if not position then
  return nil
end

local size = redis.call("ZCARD", board)
local first = math.max(0, position - span)
local page = redis.call("ZREVRANGE", board, first, position + span, "WITHSCORES")

local names = {}
for index = 1, #page, 2 do
  table.insert(names, page[index])
end
local details = redis.call("HMGET", profiles, unpack(names))

local rows = {}
local rank, last_score
for index, name in ipairs(names) do
  local score = page[2 * index]
  if score ~= last_score then
    -- The first row of the page may be one of several that are equal, most of them above.
    rank = index == 1 and redis.call("ZCOUNT", board, "(" .. score, "+inf") + 1 or first + index
    last_score = score
  end
  local profile = details[index] and cjson.decode(details[index])
  rows[index] = {
    rank = rank,
    player = name,
    score = tonumber(score),
    games = profile and profile.games or cjson.null,
    me = name == player or nil,
  }
end

return cjson.encode({size = size, top = math.ceil(100 * (position + 1) / size), rows = rows})
