-- For apps: the living rows alone, and Clerk's columns by name. A column that a later release adds to a table does not change its
-- view, so that `select *` stays what it was; src/schema.ts has what each column is. `deleted_at`, which is null here, and
-- `version`, which is the merge's own, are left out. `synced_at` is null for an id that an app expected before Clerk's event.
--
-- A view has its owner's rights by default, who may read every row. These have the asking role's (security_invoker): its grants
-- and its policies of row-level security hold as they do on the table. The planner sees through them to the table's indexes.
create or replace view clerk.living_users with (security_invoker = true) as
select
  id,
  email,
  email_verified,
  phone,
  phone_verified,
  username,
  first_name,
  last_name,
  name,
  image_url,
  external_id,
  locale,
  banned,
  locked,
  deprovisioned,
  two_factor_enabled,
  totp_enabled,
  backup_code_enabled,
  password_enabled,
  delete_self_enabled,
  create_organization_enabled,
  create_organizations_limit,
  last_sign_in_at,
  last_active_at,
  legal_accepted_at,
  mfa_enabled_at,
  mfa_disabled_at,
  password_last_updated_at,
  primary_web3_wallet_id,
  email_addresses,
  phone_numbers,
  web3_wallets,
  passkeys,
  external_accounts,
  enterprise_accounts,
  public_metadata,
  private_metadata,
  unsafe_metadata,
  created_at,
  updated_at,
  synced_at
from clerk.users
where deleted_at is null;

create or replace view clerk.living_organizations with (security_invoker = true) as
select
  id,
  name,
  slug,
  image_url,
  created_by,
  max_allowed_memberships,
  admin_delete_enabled,
  role_set_key,
  last_active_at,
  public_metadata,
  private_metadata,
  created_at,
  updated_at,
  synced_at
from clerk.organizations
where deleted_at is null;

create or replace view clerk.living_memberships with (security_invoker = true) as
select
  id,
  organization_id,
  user_id,
  role,
  role_name,
  permissions,
  public_metadata,
  private_metadata,
  created_at,
  updated_at,
  synced_at
from clerk.organization_memberships
where deleted_at is null;
