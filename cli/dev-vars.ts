import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Bindings } from "../src/settings.ts";

/** The local secrets, for `wrangler dev` and the commands. Git ignores the file. */
const file = new URL("../.dev.vars", import.meta.url);

/** A signing secret of Clerk's form: 24 random bytes in base64. */
export const newSigningSecret = (): string => `whsec_${randomBytes(24).toString("base64")}`;

/** Empty if the file does not exist. */
export const readDevVars = (): Bindings => (existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {});

/**
 * Makes a signing secret in `.dev.vars`, and the file itself, unless they are there.
 *
 * @returns whether it made one
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

const template = `# For this machine only. Made by \`npm run dev\`.

# Leave it empty to use the local Postgres in .local. Neon is used directly, any other Postgres through a gateway.
DATABASE_URL=

# \`npm run trigger\` signs events with it.
CLERK_WEBHOOK_SIGNING_SECRET=
`;
