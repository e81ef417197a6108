-- Runs many programs in one lua5.1. arg[1] is a file of "length mode\n" and the program's bytes, one after the other;
-- mode 1 is to run it, 0 only to compile it. arg[2] is the number of instructions after which it is stopped.
-- Answers each with "length\n" and its lines, the last of which tells how it ended: "R" returned, "E" and a text
-- an error, "V" and a value another error value, "X" stopped.
-- Every program has libraries of its own, so that none meets what another one did to them.

local limit = tonumber(arg[2])
local real_environment = getfenv(0)
local string_metatable = getmetatable("")
local real_tostring, real_type, real_select, real_gsub = tostring, type, select, string.gsub
local loadstring, pcall, setfenv, pairs, concat, sethook = loadstring, pcall, setfenv, pairs, table.concat, debug.sethook
local output = io.stdout
local names = {"assert", "collectgarbage", "error", "gcinfo", "getfenv", "getmetatable", "ipairs", "load", "loadstring",
    "next", "pairs", "pcall", "rawequal", "rawget", "rawset", "select", "setfenv", "setmetatable", "tonumber",
    "tostring", "type", "unpack", "xpcall", "_VERSION"}

local function copy(from)
    local to = {}
    for key, value in pairs(from) do to[key] = value end
    return to
end

-- What a value looks like, without addresses.
local function shown(value)
    local text = real_tostring(value)
    if real_type(text) ~= "string" then return "<" .. real_type(text) .. ">" end
    if real_type(value) ~= "string" then text = real_gsub(text, "^(%a+): [%w%(%)]+$", "%1") end
    return (text)
end

local function environment(lines)
    local env = {}
    for _, name in pairs(names) do env[name] = real_environment[name] end
    for _, name in pairs({"string", "table", "math", "coroutine"}) do env[name] = copy(real_environment[name]) end
    env.os = {clock = os.clock}
    env._G = env
    env.print = function(...)
        local parts = {}
        for number = 1, real_select("#", ...) do parts[number] = shown((real_select(number, ...))) end
        lines[#lines + 1] = concat(parts, "\t")
    end
    return env
end

local exceeded

local function stop()
    exceeded = true
    error("too many instructions", 0)
end

local function run(source, runs, lines)
    local env = environment(lines)
    string_metatable.__index = env.string
    string_metatable.__metatable = nil
    setfenv(0, env)
    local chunk, message = loadstring(source, "@user_script")
    local ok
    if chunk and not runs then
        ok = true
    elseif chunk then
        sethook(stop, "", limit)
        ok, message = pcall(chunk, "one", 2, nil, true)
        sethook()
    end
    setfenv(0, real_environment)
    if ok then return "R" end
    if real_type(message) == "string" then return "E" .. message end
    return "V" .. shown(message)
end

local input = assert(io.open(arg[1], "rb"))
while true do
    local size, mode = input:read("*n", "*n")
    if not size then break end
    input:read(1)
    local source = size > 0 and input:read(size) or ""
    local lines = {}
    exceeded = false
    local ending = run(source, mode == 1, lines)
    if exceeded then lines, ending = {}, "X" end
    lines[#lines + 1] = ending
    local text = concat(lines, "\n")
    output:write(#text, "\n", text)
    output:flush()
end
