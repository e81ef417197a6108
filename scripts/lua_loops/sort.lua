-- Sorting 3,000 numbers, 3,000 strings, and 2,000 records by two fields.
local seed = 42
local function random()
  seed = (seed * 16807) % 2147483647
  return seed
end

local numbers, words, records = {}, {}, {}
for i = 1, 3000 do
  numbers[i] = random()
  words[i] = "word" .. random() % 5000
end
for i = 1, 2000 do
  records[i] = {group = random() % 20, number = random()}
end
table.sort(numbers)
table.sort(words)
table.sort(records, function(a, b)
  if a.group ~= b.group then
    return a.group < b.group
  end
  return a.number > b.number
end)
return numbers[1] .. words[3000] .. records[1].number
