-- Building strings: pieces of 20,000 numbers joined, and formatted lines.
local pieces = {}
for i = 1, 20000 do
  pieces[#pieces + 1] = "item:" .. i
end
local text = table.concat(pieces, ",")
local lines = {}
for i = 1, 5000 do
  lines[i] = string.format("%05d %s %.2f", i, text:sub(i, i + 5), i / 7)
end
return #text + #table.concat(lines, "\n")
