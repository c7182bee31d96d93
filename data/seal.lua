#!lua name=concord_seal_1
-- Who may seal a board, and the one place where a seal is written. Every write compares the fencing token,
-- so a leader that was paused and does not know it has been replaced cannot write.

local function server_time()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000), string.format('%d.%06d', now[1], now[2])
end

-- concord_lead_1: take or extend the lease on sealing a board.
--   KEYS  sealer
--   ARGS  holder lease            lease in milliseconds
-- Answers
--   LED token time                the caller leads until `lease` from now; time is the server's
--   HELD holder left              somebody else does, for so many milliseconds
-- A lease that ended is never extended, only taken anew with the next token, even by its last holder.
local function lead(keys, args)
  local now, time = server_time()
  local known = redis.call('HMGET', keys[1], 'holder', 'token', 'until')
  local left = tonumber(known[3] or '0') - now
  -- More left than anybody may have: the server's clock was set back. Nobody would lead until it catches up.
  if left > 600000 then left = 0 end
  local token = known[2] or '0'
  if left > 0 and known[1] ~= args[1] then return {'HELD', known[1], string.format('%d', left)} end
  if left <= 0 then token = string.format('%d', tonumber(token) + 1) end
  redis.call('HSET', keys[1], 'holder', args[1], 'token', token, 'until', string.format('%d', now + tonumber(args[2])))
  return {'LED', token, time}
end

-- concord_resign_1: end one's own lease now, so that the next need not wait for it.
--   KEYS  sealer
--   ARGS  holder token
local function resign(keys, args)
  local known = redis.call('HMGET', keys[1], 'holder', 'token')
  if known[1] ~= args[1] or known[2] ~= args[2] then return 0 end
  redis.call('HSET', keys[1], 'until', '0')
  return 1
end

-- concord_seal_1: append a seal, if the caller still leads and the seal follows the last one.
--   KEYS  sealer seals seq sealed
--   ARGS  holder token            as the lease was given
--         n after seq hash at key signer_token marks signature
-- Answers
--   OK                            written
--   SAME                          this very seal was there already (its reply was lost)
--   FENCED token                  the caller does not lead (any more)
--   FORK n seq                    the seal does not follow the last one, which has these numbers
--   SHORT seq                     the log ends before the seal does
local function seal(keys, args)
  local now = server_time()
  local known = redis.call('HMGET', keys[1], 'holder', 'token', 'until')
  if known[1] ~= args[1] or known[2] ~= args[2] or tonumber(known[3]) <= now then
    return {'FENCED', known[2] or '0'}
  end

  local last_n, last_seq, last_signature = '0', '0', ''
  local last = redis.call('XREVRANGE', keys[2], '+', '-', 'COUNT', 1)[1]
  if last then
    last_n = string.match(last[1], '^(%d+)')
    for at = 1, #last[2], 2 do
      if last[2][at] == 'seq' then last_seq = last[2][at + 1] end
      if last[2][at] == 'signature' then last_signature = last[2][at + 1] end
    end
  end
  local n, after, seq, signature = args[3], args[4], args[5], args[11]
  if n == last_n and signature == last_signature then return {'SAME'} end
  if tonumber(n) ~= tonumber(last_n) + 1 or after ~= last_seq or tonumber(seq) <= tonumber(after) then
    return {'FORK', last_n, last_seq}
  end
  local ends = redis.call('GET', keys[3]) or '0'
  if tonumber(ends) < tonumber(seq) then return {'SHORT', ends} end

  redis.call('XADD', keys[2], n .. '-0', 'after', after, 'seq', seq, 'hash', args[6], 'at', args[7], 'key', args[8],
    'token', args[9], 'marks', args[10], 'signature', signature)
  redis.call('SET', keys[4], seq)
  return {'OK'}
end

redis.register_function('concord_lead_1', lead)
redis.register_function('concord_resign_1', resign)
redis.register_function('concord_seal_1', seal)
