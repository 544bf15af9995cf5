-- Decides whether there is something to say of the copy's health: when it turns bad, when another reason joins, and when it is good
-- again. What was said is kept here, so that it is said once.
--
--   instance  CLERK_INSTANCE_ID, or null
--   sent      null, or the alert that was given before, with "is_told": whether its address has taken it
--
-- Returns null, or the alert that is to be sent: { text, codes }. It is given to nobody else for 20 seconds, unless it is settled.
create or replace function clerk.alert_1(instance text, sent jsonb default null)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $alert$
declare
  now constant timestamptz(3) := clock_timestamp();
  said clerk.alerts;
  reasons jsonb;
  keys text[];
  news text[];
begin
  insert into clerk.alerts (name, codes) values ('health', '{}') on conflict do nothing;
  select * into said from clerk.alerts as a where a.name = 'health' for update;
  if sent is not null then
    update clerk.alerts as a set
      codes = case
        when not (sent ->> 'is_told')::boolean then a.codes
        when sent -> 'codes' = '[]' then '{}'
        else a.codes || (select jsonb_object_agg(c, now) from jsonb_array_elements_text(sent -> 'codes') as c)
      end,
      told_at = case when (sent ->> 'is_told')::boolean then now else a.told_at end,
      claimed_until = null
    where a.name = 'health';
    return null;
  end if;
  if said.claimed_until > now then return null; end if;

  reasons := (
    select coalesce(jsonb_agg(r || jsonb_build_object('key', concat_ws(' ', r ->> 'code', r ->> 'of'))), '[]')
    from jsonb_array_elements(clerk.health_1(instance)) as r
  );
  keys := array(select distinct r ->> 'key' from jsonb_array_elements(reasons) as r order by 1);
  -- A reason that was said and is still there is not said again, nor one that was away for less than an hour.
  said.codes := (
    select coalesce(jsonb_object_agg(k.key, case when k.key = any (keys) then to_jsonb(now) else k.value end), '{}')
    from jsonb_each(said.codes) as k
    where k.key = any (keys) or keys = '{}' or (k.value #>> '{}')::timestamptz > now - interval '1 hour'
  );
  news := array(select c from unnest(keys) as c where not said.codes ? c);
  update clerk.alerts as a set
    codes = said.codes,
    claimed_until = case when news <> '{}' or (keys = '{}' and said.codes <> '{}') then now + interval '20 seconds' end
  where a.name = 'health' and (a.codes <> said.codes or news <> '{}' or keys = '{}' and said.codes <> '{}');
  if keys = '{}' and said.codes <> '{}' then
    return jsonb_build_object('codes', '[]'::jsonb, 'text', 'clerk-mirror: healthy again.');
  end if;
  if news = '{}' then return null; end if;
  return jsonb_build_object('codes', to_jsonb(news), 'text', (
    select string_agg(format('clerk-mirror: %s. Next: %s', r ->> 'text', r ->> 'next'), E'\n')
    from jsonb_array_elements(reasons) as r where r ->> 'key' = any (news)
  ));
end
$alert$;
