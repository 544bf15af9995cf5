import { isObject } from "../../src/json.ts";
import { connectToClerk } from "../../src/sync/clerk-api.ts";
import { describe } from "../describe.ts";
import type { Session } from "./session.ts";
import { done, failed, skipped, type Step } from "./step.ts";

/** 4. Clerk's secret key, which says whose instance it is. */
export const clerkStep: Step = {
  name: "clerk",
  title: "Clerk's secret key",
  plan: "Asks Clerk's Backend API which instance the key is of (GET /v1/instance).\nWith the key you can copy what exists already, and the Worker compares the\ncopy with Clerk every day.",
  run: async (session, isAgain) => {
    const secretKey = await keyOf(session, isAgain);
    if (secretKey === undefined) {
      return skipped("Skipped: without CLERK_SECRET_KEY there is no backfill and no daily reconciliation.");
    }
    const wrong = wrongIn(secretKey);
    if (wrong !== undefined) return failed(`CLERK_SECRET_KEY ${wrong}.`, "Then try again.");
    const url = (session.given.clerkApiUrl ?? "https://api.clerk.com/v1").replace(/\/+$/, "");
    const answer = await connectToClerk({ secretKey, url, deadline: 15_000 }).get("/instance");
    if (!answer.ok) {
      const isKey = answer.failure.kind === "clerk_unauthorized";
      return failed(`${describe(answer.failure)}.`, isKey ? "Then try again." : "Try again in a minute.");
    }
    const { body } = answer.value;
    if (!isObject(body) || typeof body.id !== "string" || !/^ins_[A-Za-z0-9]+$/.test(body.id)) {
      return failed(
        "Clerk's Backend API names no instance for this key.",
        "Check CLERK_API_URL, which should not be set.",
      );
    }
    session.clerk = { secretKey, instanceId: body.id };
    return done(`The key is of the ${String(body.environment_type)} instance ${body.id}.`);
  },
};

const keyOf = async ({ ask, given: { secretKey } }: Session, isAgain: boolean): Promise<string | undefined> => {
  if (secretKey !== undefined && !(isAgain && ask.isTerminal)) {
    if (!ask.isTerminal) return secretKey.text.trim();
    if (await ask.agree(`Use the CLERK_SECRET_KEY of ${secretKey.from}?`)) return secretKey.text.trim();
  }
  return ask.secret(
    "Secret key sk_…, from API keys in Clerk's dashboard",
    "CLERK_SECRET_KEY is not set. Set it in the environment or .dev.vars, or give --skip clerk.",
    wrongIn,
  );
};

const wrongIn = (text: string): string | undefined =>
  /^sk_[A-Za-z0-9_]+$/.test(text) ? undefined : "is not of the form sk_…; copy it from API keys in Clerk's dashboard";
