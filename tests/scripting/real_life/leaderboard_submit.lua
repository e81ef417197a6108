-- Adds results of players to a leaderboard that keeps the best one of each, and to that of the week.
--
-- KEYS     all-time board, board of the week (sorted sets), the players' profiles (a hash of JSON texts)
-- ARGV     seconds to keep the board of the week, then player and score in turn
-- Returns  for each player {player, new rank counted from 1, score that counts, 1 if it is a record}

local all_time, week, profiles = unpack(KEYS)
local keep_s = tonumber(table.remove(ARGV, 1))
local results = {}

local function count_game(player, score)
  local known = redis.call("HGET", profiles, player)
  local profile = known and cjson.decode(known) or {name = player, games = 0, total = 0}
  profile.games = profile.games + 1
  profile.total = profile.total + score
  profile.average = profile.total / profile.games
  redis.call("HSET", profiles, player, cjson.encode(profile))
end

for index = 1, #ARGV, 2 do
  local player, score = ARGV[index], tonumber(ARGV[index + 1])
  if not score then
    error({err = "ERR the score of " .. player .. " is not a number"})
  end
  count_game(player, score)
  local changed = redis.call("ZADD", all_time, "GT", "CH", score, player)
  redis.call("ZADD", week, "GT", score, player)
  results[#results + 1] = {player, false, false, changed}
end

-- Ranks only now: those who came later may have pushed others down.
for _, result in ipairs(results) do
  result[2] = redis.call("ZREVRANK", all_time, result[1]) + 1
  result[3] = redis.call("ZSCORE", all_time, result[1])
end

if redis.call("TTL", week) < 0 then
  redis.call("EXPIRE", week, keep_s)
end
return results
