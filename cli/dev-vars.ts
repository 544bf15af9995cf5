import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Bindings } from "../src/settings.ts";

/** Where `wrangler dev` and the commands beside it find the local secrets. Git ignores it. */
const file = new URL("../.dev.vars", import.meta.url);

/** A signing secret of Clerk's form: 24 random bytes in base64. */
export const newSigningSecret = (): string => `whsec_${randomBytes(24).toString("base64")}`;

/** Nothing where there is no file. */
export const readDevVars = (): Bindings => (existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {});

/**
 * Sees to it that there is a signing secret: in a file of its own, or in the line of one that has none.
 *
 * @returns whether it was made
 */
export const ensureSigningSecret = (): boolean => {
  if (readDevVars().CLERK_WEBHOOK_SIGNING_SECRET) return false;
  const line = `CLERK_WEBHOOK_SIGNING_SECRET=${newSigningSecret()}`;
  const text = existsSync(file) ? readFileSync(file, "utf8") : template;
  const withLine = /^CLERK_WEBHOOK_SIGNING_SECRET=.*$/m.test(text)
    ? text.replace(/^CLERK_WEBHOOK_SIGNING_SECRET=.*$/m, line)
    : `${text.trimEnd()}\n${line}\n`;
  writeFileSync(file, withLine, { mode: 0o600 });
  return true;
};

const template = `# For this machine only. \`npm run dev\` made it.

# Where it is empty, a Postgres in .local is used; a Neon connection string is used directly, any other through a gateway.
DATABASE_URL=

# \`npm run trigger\` signs with it.
CLERK_WEBHOOK_SIGNING_SECRET=
`;
