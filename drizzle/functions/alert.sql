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
  now constant timestamptz := clock_timestamp();
  said clerk.alerts;
  reasons jsonb;
  codes text[];
begin
  insert into clerk.alerts (name, codes) values ('health', '[]') on conflict do nothing;
  select * into said from clerk.alerts as a where a.name = 'health' for update;
  if sent is not null then
    update clerk.alerts as a set
      codes = case when (sent ->> 'is_told')::boolean then sent -> 'codes' else a.codes end,
      told_at = case when (sent ->> 'is_told')::boolean then now else a.told_at end,
      claimed_until = null
    where a.name = 'health';
    return null;
  end if;

  if said.claimed_until > now then return null; end if;
  reasons := clerk.health_1(instance);
  codes := array(select distinct r ->> 'code' from jsonb_array_elements(reasons) as r order by 1);
  if to_jsonb(codes) <@ said.codes and (codes <> '{}' or said.codes = '[]') then return null; end if;
  update clerk.alerts as a set claimed_until = now + interval '20 seconds' where a.name = 'health';
  return jsonb_build_object(
    -- Those that were said stay so until all is well: one that comes and goes is not said each time.
    'codes', case when codes = '{}' then '[]' else
      (select jsonb_agg(distinct c) from jsonb_array_elements(said.codes || to_jsonb(codes)) as c)
    end,
    'text', case when codes = '{}' then 'clerk-mirror: healthy again.' else (
      select string_agg(format('clerk-mirror: %s. Next: %s', r ->> 'text', r ->> 'next'), E'\n')
      from jsonb_array_elements(reasons) as r where not said.codes ? (r ->> 'code')
    ) end
  );
end
$alert$;
