import { styleText } from "node:util";
import { entities } from "../../src/entities/index.ts";
import { decodeSecret } from "../../src/signing-secret.ts";
import { tell } from "./ask.ts";
import { loginIfNeeded } from "./deploy-step.ts";
import { writeKept } from "./kept.ts";
import { rowsOf } from "../own-database.ts";
import { isSet, noList, putSecrets } from "./secrets-step.ts";
import type { Session } from "./session.ts";
import { already, done, failed, skipped, type Step } from "./step.ts";

/** 8. The endpoint in Clerk's dashboard. */
export const webhookStep: Step = {
  name: "webhook",
  title: "Webhook",
  plan: "You add an endpoint in Clerk's dashboard. Setup gives its signing secret to the\nWorker.",
  run: async (session) => {
    const name = "CLERK_WEBHOOK_SIGNING_SECRET";
    const { ask, kept, given } = session;
    const lacking = await loginIfNeeded(session);
    if (lacking !== undefined) return lacking;
    const there = await session.wrangler.secretNames();
    if (!(there instanceof Set)) return noList(there);
    const text = given.signingSecret?.trim();
    if (text !== undefined && isSet(session, there, name, text)) {
      return already("The Worker has the endpoint's signing secret already.");
    }
    // Every delivery would be refused with a secret that is not the endpoint's.
    if (there.has(name) && !(await isReplaced(session))) {
      return already(
        text === undefined
          ? "The Worker has the endpoint's signing secret already."
          : "The Worker has a signing secret already, perhaps another one: it is kept. To replace it, give --replace-secret.",
      );
    }

    const url = given.workerUrl ?? kept.url;
    tell(
      "In Clerk's dashboard, under Webhooks, choose Add Endpoint.",
      `Endpoint URL:  ${styleText("bold", url === undefined ? "https://<your Worker>/api/webhook" : `${url}/api/webhook`)}`,
      "",
      "Events to tick (if unsure, all that there are: others change nothing):",
      ...eventLines().flatMap((line) => `  ${line}`.replaceAll(/(.{50,70}, )(?=.{12})/g, "$1\n      ").split("\n")),
      "",
      "Create it. Its page shows the signing secret, whsec_….",
    );
    const secret =
      text ??
      (await ask.secret(
        "Signing secret of the endpoint, whsec_…",
        `${name} is not set. Add the endpoint as described above, set it in the environment, and run setup again,\nor give --skip webhook.`,
        wrongIn,
      ));
    if (secret === undefined) return skipped(`Skipped. Later: npx wrangler secret put ${name}`);
    const wrong = wrongIn(secret);
    if (wrong !== undefined) return failed(`${name} ${wrong}.`, "Then try again.");

    if (!(await putSecrets(session, { [name]: secret }))) {
      return failed("wrangler could not set the secret. What it says is above.", "Mend that, then try again.");
    }
    if (session.database !== undefined) {
      const [now] = await rowsOf<{ at: string }>(session.database.directUrl, "select clock_timestamp()::text as at");
      kept.webhookSince = now?.at;
      writeKept(kept);
    }
    return done("The Worker has the endpoint's signing secret.");
  },
};

const isReplaced = async ({ ask, askAnyway, given }: Session): Promise<boolean> => {
  if (given.isSecretReplaced) return true;
  if (!ask.isTerminal || given.isAgreed) return false;
  const answer = await askAnyway.choose("The Worker has a signing secret already.", [
    { value: "keep", label: "Keep it" },
    { value: "replace", label: "Replace it with that of another endpoint" },
  ]);
  return answer === "replace";
};

/** Several may be given, separated by spaces, while a secret is rotated. */
const wrongIn = (text: string): string | undefined =>
  text.split(/\s+/).every((secret) => decodeSecret(secret) !== undefined)
    ? undefined
    : "is not whsec_ and then at least 24 bytes in base64; copy it from the endpoint's page in Clerk's dashboard";

/** The events that are mirrored, a line per group, as the dashboard groups them. */
export const eventLines = (): string[] => {
  const groups = new Map<string, string[]>();
  for (const type of Object.values(entities).flatMap(({ events }) => events)) {
    const [group = "", event = ""] = type.split(".");
    // An older spelling, which no dashboard offers.
    if (event.includes("_")) continue;
    groups.set(group, [...(groups.get(group) ?? []), event]);
  }
  return [...groups].map(([group, events]) => `${group}: ${events.join(", ")}`);
};
