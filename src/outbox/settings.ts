import type { Told } from "../database/outbox.ts";
import { isTableName } from "../entities/index.ts";
import { fail, isNotSet, type Misconfigured, misconfigured, ok, type Result } from "../result.ts";
import { decodeSecret } from "../signing-secret.ts";
import type { App } from "./call.ts";

/** What the app is told of, and where it is: a Worker, or an address and the bytes of its secret. */
export type AppSettings = Told & { to: { app: App } | { url: string; secret: Uint8Array<ArrayBuffer> } };

type Texts = {
  [Name in "MIRROR_NOTIFY_URL" | "MIRROR_NOTIFY_SECRET" | "MIRROR_NOTIFY_TABLES" | "MIRROR_NOTIFY_BACKFILL"]?: string;
};

const usual = "users, organizations, organization_memberships";

/** Half of what an app needs is refused: nobody would notice that it is told nothing. */
export const readAppSettings = (
  bound: App | undefined,
  texts: Texts,
): Result<AppSettings | undefined, Misconfigured> => {
  const { MIRROR_NOTIFY_URL: url, MIRROR_NOTIFY_SECRET: given } = texts;
  if (bound === undefined && url === undefined && given === undefined) return ok(undefined);
  const tables = wordsOf(texts.MIRROR_NOTIFY_TABLES ?? usual).filter(isTableName);
  if (tables.length === 0) return wrong("MIRROR_NOTIFY_TABLES", "names no table; remove it for the usual ones");
  const told = {
    tables,
    isBackfillTold: texts.MIRROR_NOTIFY_BACKFILL === "true",
  };
  if (typeof bound === "string") return wrong("APP", "is a text; bind a Worker, as docs/outbox.md says");
  if (bound !== undefined) {
    return url === undefined && given === undefined
      ? ok({ ...told, to: { app: bound } })
      : wrong("MIRROR_NOTIFY_URL", "is set, and APP is bound: changes go to one app; remove one of them");
  }
  if (url === undefined) {
    return wrong("MIRROR_NOTIFY_URL", "is not set, and MIRROR_NOTIFY_SECRET is; set both, as docs/outbox.md says");
  }
  if (given === undefined) return wrong("MIRROR_NOTIFY_SECRET", isNotSet("MIRROR_NOTIFY_SECRET"));
  const secret = decodeSecret(given);
  return secret === undefined
    ? wrong(
        "MIRROR_NOTIFY_SECRET",
        "is not whsec_ and then at least 24 bytes in base64; make one with `echo whsec_$(openssl rand -base64 32)`",
      )
    : ok({ ...told, to: { url, secret } });
};

const wrong = (setting: keyof Texts | "APP", reason: string) => fail(misconfigured(setting, reason));

export const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");
