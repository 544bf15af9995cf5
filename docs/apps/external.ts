// Made by dev/generate/app-types.ts of clerk-mirror. Do not edit: each release has its own.
//
// All tables of the schema clerk, for prisma.config.ts: Prisma neither changes nor drops a table that is external.
export const external = [
  "clerk.absences",
  "clerk.alerts",
  "clerk.apps",
  "clerk.crons",
  "clerk.deliveries",
  "clerk.leases",
  "clerk.migrations",
  "clerk.organization_domains",
  "clerk.organization_invitations",
  "clerk.organization_memberships",
  "clerk.organizations",
  "clerk.outbox",
  "clerk.payment_attempts",
  "clerk.permissions",
  "clerk.reconciliations",
  "clerk.refusals",
  "clerk.roles",
  "clerk.seen",
  "clerk.sessions",
  "clerk.subscription_items",
  "clerk.subscriptions",
  "clerk.users",
  "clerk.waitlist_entries",
];
