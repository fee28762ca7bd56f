-- Requests of the first tenants in turn; the credentials are lines of the file in CREDENTIALS.
-- traffic.py says what the variables mean.
local requests = {}
local at = 0
local pause = tonumber(os.getenv("PAUSE_MILLISECONDS"))

function init(args)
  local number = 0
  local tenants = tonumber(os.getenv("TENANTS"))
  local size = tonumber(os.getenv("BODY_BYTES"))
  local body = size > 0 and string.rep("x", size) or nil
  for credential in io.lines(os.getenv("CREDENTIALS")) do
    if number == tenants then break end
    local headers = {
      ["Host"] = string.format("t%d.%s", number, os.getenv("BASE")),
      ["Authorization"] = "Bearer " .. credential,
      ["Accept"] = "application/json",
      ["User-Agent"] = "bench/1.0",
    }
    local target = string.format(os.getenv("REQUEST_PATH"), number)
    requests[#requests + 1] = wrk.format(os.getenv("METHOD"), target, headers, body)
    number = number + 1
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function delay()
  return pause
end
