import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** Where `wrangler dev` and the commands beside it find the local secrets. Git ignores it. */
const file = new URL("../.dev.vars", import.meta.url);

/** A signing secret of Clerk's form: 24 random bytes in base64. */
export const newSigningSecret = (): string => `whsec_${randomBytes(24).toString("base64")}`;

export type DevVars = { DATABASE_URL?: string; CLERK_WEBHOOK_SIGNING_SECRET?: string };

/** Nothing where there is no file. */
export const readDevVars = (): DevVars | undefined =>
  existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : undefined;

export const createDevVars = (): void => {
  writeFileSync(
    file,
    "# For this machine only. `npm run dev` made it; `npm run trigger` signs with the secret.\n" +
      `CLERK_WEBHOOK_SIGNING_SECRET=${newSigningSecret()}\n\n` +
      "# Without it, a Postgres in .local is used. A Neon connection string is used directly, any other through a gateway.\n" +
      "# DATABASE_URL=postgresql://user:password@host/database\n",
    { flag: "wx", mode: 0o600 },
  );
};
