-- Requests of ten thousand tenants in turn; the credentials are lines of the file in CREDENTIALS.
local requests = {}
local at = 0

function init(args)
  local number = 0
  for credential in io.lines(os.getenv("CREDENTIALS")) do
    local headers = {
      ["Host"] = string.format("t%d.%s", number, os.getenv("BASE")),
      ["Authorization"] = "Bearer " .. credential,
      ["Accept"] = "application/json",
      ["User-Agent"] = "bench/1.0",
    }
    local target = string.format("/v1/projects?limit=20&cursor=%d", number)
    requests[#requests + 1] = wrk.format("GET", target, headers)
    number = number + 1
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
