import { randomBytes } from "node:crypto";

/** drizzle/roles.sql, whose passwords are variables of psql, made into statements that any client may send. */

export type Passwords = {
  /** Of clerk_mirror; undefined keeps the one that it has. */
  worker: string | undefined;
  /** Of clerk_app. */
  app: string | undefined;
  /** Of clerk_app_owner. */
  appOwner: string | undefined;
};

/** @param template the text of drizzle/roles.sql */
export const rolesSql = (template: string, { worker, app, appOwner }: Passwords): string => {
  const values: Readonly<Record<string, string | undefined>> = {
    worker_password: worker,
    app_password: app,
    app_owner_password: appOwner,
  };
  return template.replaceAll(/^(alter role \w+ login) password :(\w+);$/gm, (_, alter: string, variable: string) => {
    const password = values[variable];
    return password === undefined ? `${alter};` : `${alter} password ${literal(password)};`;
  });
};

/** A text as Postgres reads it, whatever `standard_conforming_strings` is. */
export const literal = (text: string): string =>
  text.includes("\\") ? `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`;

/** 192 random bits, of letters that need no encoding in a connection string. */
export const newPassword = (): string => randomBytes(24).toString("base64url");
