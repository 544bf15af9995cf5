import { tell } from "./ask.ts";
import { writeKept } from "./kept.ts";
import type { Session } from "./session.ts";
import { done, failed, type Outcome, skipped, type Step } from "./step.ts";

/** 6. The Worker. */
export const deployStep: Step = {
  name: "deploy",
  title: "Worker",
  plan: "Deploys the Worker to your Cloudflare account (wrangler deploy).\nUntil it has its secrets, it answers 500 `misconfigured`: that is expected.",
  run: async (session) => {
    const { ask, kept, wrangler } = session;
    const question =
      kept.url === undefined ? `Deploy ${kept.worker}?` : `${kept.worker} is at ${kept.url} already. Deploy it again?`;
    if (!(await ask.agree(question))) return skipped("Skipped. Later: npx wrangler deploy");
    const lacking = await loginIfNeeded(session);
    if (lacking !== undefined) return lacking;

    const addresses = await wrangler.deploy();
    if (addresses === undefined) {
      return failed("wrangler could not deploy the Worker. What it says is above.", "Mend that, then try again.");
    }
    const url = addresses.find((address) => new URL(address).hostname.endsWith(".workers.dev")) ?? addresses[0];
    if (url === undefined) {
      return done("The Worker is deployed, and has no address of its own: give --worker-url for the webhook.");
    }
    session.kept.url = url.replace(/\/+$/, "");
    writeKept(session.kept);
    return done(`The Worker is at ${session.kept.url}`);
  },
};

/** That nobody is logged in to Cloudflare; undefined if somebody is, now. */
export const loginIfNeeded = async (session: Session): Promise<Outcome | undefined> => {
  if (session.isLoggedIn) return undefined;
  const { wrangler, ask, askAnyway } = session;
  let accounts = await wrangler.accounts();
  if (accounts === undefined && ask.isTerminal) {
    const answer = await askAnyway.choose("wrangler is not logged in to Cloudflare. Log in now?", [
      { value: "login", label: "Yes, in the browser (npx wrangler login)" },
      { value: "no", label: "No" },
    ]);
    if (answer === "login" && (await wrangler.login())) accounts = await wrangler.accounts();
  }
  if (accounts === undefined) {
    return failed(
      "wrangler is not logged in to Cloudflare.",
      "Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN. Then try again.",
    );
  }
  session.isLoggedIn = true;
  if (accounts.length === 1) tell(`Cloudflare account: ${accounts[0]}`);
  return undefined;
};
