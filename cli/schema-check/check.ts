import type { Reason } from "../../src/database/health.ts";
import type { ReadOnly } from "../read-only.ts";
import { actualIn } from "./actual.ts";
import { compare } from "./compare.ts";
import { expected } from "./expected.ts";
import type { Findings } from "./findings.ts";

/** Compares the schema `clerk` of a database with what this release expects. @throws what Postgres says */
export const checkSchema = async (database: ReadOnly): Promise<Findings> =>
  compare(expected(), await actualIn(database));

/** The same as a reason why the copy is not healthy; undefined if nothing is wrong. */
export const schemaReason = ({ faults: [first, ...rest] }: Findings): Reason | undefined =>
  first === undefined
    ? undefined
    : {
        code: "schema",
        text: `${first.what}${rest.length === 0 ? "" : `, and ${rest.length} more`}`,
        next: `${first.next}. npm run db:check says all`,
      };
