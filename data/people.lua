#!lua name=concord_people_1
-- What about people must be one step: counting wrong passwords, and using a one-time code once.

-- concord_failed_1: count a failure and lock when there are more than are allowed.
--   KEYS  account
--   ARGS  allowed now
-- Answers failures and whether this one locked the account.
local function failed(keys, args)
  if redis.call('HEXISTS', keys[1], 'display') == 0 then return {0, 0} end
  local failures = redis.call('HINCRBY', keys[1], 'failures', 1)
  if failures > tonumber(args[1]) and redis.call('HSETNX', keys[1], 'locked_at', args[2]) == 1 then
    return {failures, 1}
  end
  return {failures, 0}
end

-- concord_passed_1: forget failures, unless the account was locked meanwhile or the code's step was used before.
--   KEYS  account
--   ARGS  step     of the one-time code; 0 when none was asked for
-- Answers 1 when the person may come in.
local function passed(keys, args)
  if redis.call('HEXISTS', keys[1], 'locked_at') == 1 then return 0 end
  local step = tonumber(args[1])
  if step > 0 then
    if step <= tonumber(redis.call('HGET', keys[1], 'step') or '0') then return 0 end
    redis.call('HSET', keys[1], 'step', args[1])
  end
  redis.call('HDEL', keys[1], 'failures')
  return 1
end

-- concord_session_1: set a field of a session that still is one; a revoked one does not come back.
--   KEYS  session
--   ARGS  field value
local function set(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then return 0 end
  redis.call('HSET', keys[1], args[1], args[2])
  return 1
end

-- concord_rate_1: count a request in a window of seconds; answers the count and the seconds left of the window.
--   KEYS  counter
--   ARGS  seconds
local function rate(keys, args)
  local count = redis.call('INCR', keys[1])
  if count == 1 then redis.call('EXPIRE', keys[1], args[1]) end
  return {count, redis.call('TTL', keys[1])}
end

-- concord_audit_1: append entries to the audit log, once for a token however often it is sent.
--   KEYS  seq log token
--   ARGS  token (kind schema body)*n
-- Answers the number of the last entry.
local function audit(keys, args)
  if redis.call('EXISTS', keys[3]) == 1 then return redis.call('GET', keys[1]) or '0' end
  local now = redis.call('TIME')
  local time = string.format('%d.%06d', now[1], now[2])
  local seq = tonumber(redis.call('GET', keys[1]) or '0')
  for at = 2, #args, 3 do
    seq = seq + 1
    redis.call('XADD', keys[2], string.format('%d-0', seq),
      'kind', args[at], 'at', time, 'schema', args[at + 1], 'body', args[at + 2])
  end
  redis.call('SET', keys[1], string.format('%d', seq))
  redis.call('SET', keys[3], '1', 'EX', 3600)
  return string.format('%d', seq)
end

redis.register_function('concord_audit_1', audit)
redis.register_function('concord_session_1', set)
redis.register_function('concord_rate_1', rate)
redis.register_function('concord_failed_1', failed)
redis.register_function('concord_passed_1', passed)
