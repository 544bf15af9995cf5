create table customers (
  user_id text primary key,
  generation bigint not null,
  customer text,
  welcomed_at timestamptz
);
