-- Patterns: replacing, matching and finding in 1,000 log lines.
local lines = {}
for i = 1, 1000 do
  lines[i] = ("2024-01-%02d user=%d action=%s cost=%d.%02d"):format(
    i % 28 + 1, i, i % 3 == 0 and "buy" or "look", i % 50, i % 100)
end
local text = table.concat(lines, "\n")
local counts, total = {}, 0
for day, user, action, cost in text:gmatch("%d+%-%d+%-(%d+) user=(%d+) action=(%a+) cost=([%d.]+)") do
  counts[day .. action] = (counts[day .. action] or 0) + 1
  total = total + user + cost
end
local masked, number = text:gsub("user=%d+", "user=***")
local upper = masked:gsub("(%a+)=", function(name) return name:upper() .. ":" end)
local spaced = upper:gsub("%s+", " ")
return total + number + #spaced + (spaced:find("COST:49.99", 1, true) or 0)
