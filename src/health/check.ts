import type { Reason } from "../database/health.ts";
import type { DatabaseFailure, Misconfigured, Result } from "../result.ts";
import type { Services } from "../services.ts";

/**
 * Asks whether deliveries can be merged and the copy is as it should be.
 *
 * @returns why not; nothing if it is healthy
 */
export const reasonsOf = async (services: Result<Services, Misconfigured>): Promise<Reason[]> => {
  const ready = await readiness(services);
  if (!ready.ok) return [reasonOf(ready.failure)];
  const found = await ready.value.health.reasons(ready.value.settings.instanceId);
  return found.ok ? found.value : [reasonOf(found.failure)];
};

/** The services, if a delivery could be merged now: a merge of nothing needs all that a delivery needs. */
export const readiness = async (
  services: Result<Services, Misconfigured>,
): Promise<Result<Services, DatabaseFailure>> => {
  if (!services.ok) return services;
  const merged = await services.value.merge([], []);
  return merged.ok ? services : merged;
};

/** The command that mends a setting, or the database that it names, and the page. */
const remedyOf = ({ setting, reason }: Misconfigured): string => {
  if (reason.includes("db:migrate")) return "npm run db:migrate: docs/maintenance.md";
  if (reason.includes("roles.sql")) return "psql -f drizzle/roles.sql: docs/maintenance.md";
  return `npx wrangler secret put ${setting}, or npm run deploy if it is in wrangler.toml: docs/settings.md`;
};

/** A reason that the database cannot give, since it is the reason. */
export const reasonOf = (failure: DatabaseFailure): Reason =>
  failure.kind === "misconfigured"
    ? { code: "misconfigured", text: `${failure.setting} ${failure.reason}`, next: remedyOf(failure) }
    : {
        code: "database",
        text: `the database of DATABASE_URL does not answer as expected (${"sqlstate" in failure ? `SQLSTATE ${failure.sqlstate}` : failure.cause})`,
        next: "Look at the project in Neon's console, and at neonstatus.com. Svix sends what is lost meanwhile again",
      };
