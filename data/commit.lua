#!lua name=concord_1
-- The functions that change a board. Each is one step: nobody sees it half done.
-- A function's name carries its version, so that workers of two releases can share a server.

local COMMAND_TTL = 3600     -- seconds the id of what was done is remembered; a command is stale after 10
local REFUSAL_TTL = 300      -- seconds the id of what was refused is
local TRACKS_KEPT = 20000    -- batches of fixes kept for replay, and
local TRACKS_SECONDS = 86400 -- how old they get; whole blocks of batches are dropped, so a little more stays

local function server_time()
  local now = redis.call('TIME')
  return string.format('%d.%06d', now[1], now[2])
end

-- The server's time, and the SKEW answer if the caller decided at a time that cannot be: one still to come, which
-- only a wrong clock can name, or one further back than the way here may take (tolerance, in seconds).
local function checked_time(now, tolerance)
  local time = server_time()
  local old = tonumber(time) - tonumber(now)
  if old < 0 or old > tonumber(tolerance) then return time, {'SKEW', time} end
  return time, nil
end

-- What is remembered under a command id, if anything: the same answer again, or misuse.
local function remembered(command, digest)
  local done = redis.call('HMGET', command, 'digest', 'first', 'last', 'summary')
  if not done[1] then return nil end
  if done[1] ~= digest then return {'MISUSED'} end
  return {'SAME', done[2], done[3], done[4]}
end

local function remember(command, ttl, digest, first, last, summary)
  redis.call('HSET', command, 'digest', digest, 'first', first, 'last', last, 'summary', summary)
  redis.call('EXPIRE', command, ttl)
end

-- Compare n (ref version) pairs of args, n being args[at]. Answers the CONFLICT, if there is one, and where args go on.
local function compare(versions, seq_key, args, at)
  local checks = tonumber(args[at])
  at = at + 1
  for _ = 1, checks do
    local version = redis.call('HGET', versions, args[at]) or '0'
    if version ~= args[at + 1] then
      return {'CONFLICT', args[at], version, redis.call('GET', seq_key) or '0'}, at
    end
    at = at + 2
  end
  return nil, at
end

-- concord_commit_1: compare every version the decision stands on, then write state and append events.
--   KEYS  seq versions state log command
--   ARGS  digest now tolerance summary
--         n (ref version)*n          what the decision stands on
--         n (kind schema body)*n     events, in order; body is JSON of event, actor and decision
--         n (ref event doc)*n        what they touch: index of the last event to touch it, entity as JSON or ''
-- Answers
--   OK first last time          done
--   SAME first last summary     this id was done before, with this answer
--   MISUSED                     this id was done before for another command
--   CONFLICT ref version seq    a version has changed; seq is the log's last
--   SKEW time                   the caller's clock is ahead, or behind by more than the tolerance
local function commit(keys, args)
  local seq_key, versions, state, log, command = keys[1], keys[2], keys[3], keys[4], keys[5]
  local digest, now, tolerance, summary = args[1], args[2], args[3], args[4]

  local known = remembered(command, digest)
  if known then return known end

  local time, skew = checked_time(now, tolerance)
  if skew then return skew end

  local conflict, at = compare(versions, seq_key, args, 5)
  if conflict then return conflict end

  local base = tonumber(redis.call('GET', seq_key) or '0')
  local events = tonumber(args[at])
  at = at + 1
  for index = 1, events do
    redis.call('XADD', log, string.format('%d-0', base + index),
      'kind', args[at], 'at', time, 'schema', args[at + 1], 'body', args[at + 2])
    at = at + 3
  end

  local touched = tonumber(args[at])
  at = at + 1
  for _ = 1, touched do
    redis.call('HSET', versions, args[at], string.format('%d', base + tonumber(args[at + 1])))
    if args[at + 2] ~= '' then redis.call('HSET', state, args[at], args[at + 2]) end
    at = at + 3
  end

  local first, last = string.format('%d', base + 1), string.format('%d', base + events)
  redis.call('SET', seq_key, last)
  remember(command, COMMAND_TTL, digest, first, last, summary)
  return {'OK', first, last, time}
end

-- concord_settle_1: remember the answer to a command that changes nothing: a no, or a yes with nothing to do.
-- Clock and versions are compared here too, so that a no is as fresh as a yes; and once the no is given, a commit
-- of the same id that is still under way on a broken connection can no longer happen.
--   KEYS  seq versions command
--   ARGS  digest now tolerance summary
--         n (ref version)*n          what the answer stands on
-- Answers OK 0 0 time, SAME, MISUSED, SKEW or CONFLICT as concord_commit_1 does.
local function settle(keys, args)
  local seq_key, versions, command = keys[1], keys[2], keys[3]
  local digest, now, tolerance, summary = args[1], args[2], args[3], args[4]
  local known = remembered(command, digest)
  if known then return known end
  local time, skew = checked_time(now, tolerance)
  if skew then return skew end
  local conflict = compare(versions, seq_key, args, 5)
  if conflict then return conflict end
  remember(command, REFUSAL_TTL, digest, '0', '0', summary)
  return {'OK', '0', '0', time}
end

-- concord_positions_1: take a batch of fixes; the newest seq of a unit wins.
--   KEYS  positions tracks
--   ARGS  (unit seq fix)*        fix begins with "seq,"
-- Answers how many were newer than what was known.
local function positions(keys, args)
  local kept = {}
  for at = 1, #args, 3 do
    local known = redis.call('HGET', keys[1], args[at])
    local known_seq = known and tonumber(string.match(known, '^(%d+)')) or -1
    if tonumber(args[at + 1]) > known_seq then
      redis.call('HSET', keys[1], args[at], args[at + 2])
      kept[#kept + 1] = args[at] .. ',' .. args[at + 2]
    end
  end
  if #kept > 0 then
    redis.call('XADD', keys[2], 'MAXLEN', '~', TRACKS_KEPT, '*', 'fixes', table.concat(kept, '\n'))
    local oldest = (tonumber(redis.call('TIME')[1]) - TRACKS_SECONDS) * 1000
    redis.call('XTRIM', keys[2], 'MINID', '~', string.format('%d', oldest))
  end
  return #kept
end

redis.register_function('concord_commit_1', commit)
redis.register_function('concord_settle_1', settle)
redis.register_function('concord_positions_1', positions)
