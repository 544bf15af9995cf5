import type { Treatment } from "../clerk/transport.ts";
import { Asked } from "./asked.ts";
import type { Chaos } from "./protocol.ts";

/** What can go wrong on purpose. */

export const noChaos = (): Chaos => ({
  dropped: 0,
  doubled: 0,
  reordered: 0,
  delayed: 0,
  isDatabaseAway: false,
  isSecretWrong: false,
  isAppAway: false,
});

/** Seconds. */
const longestDelay = 60;

/** Changes what is asked for. @returns a sentence for the person if nothing was changed */
export const changeChaos = (chaos: Chaos, body: unknown): string | undefined => {
  const asked = new Asked(body);
  const next: Chaos = {
    dropped: asked.number("dropped", 100) ?? chaos.dropped,
    doubled: asked.number("doubled", 100) ?? chaos.doubled,
    reordered: asked.number("reordered", 100) ?? chaos.reordered,
    delayed: asked.number("delayed", longestDelay) ?? chaos.delayed,
    isDatabaseAway: asked.flag("isDatabaseAway") ?? chaos.isDatabaseAway,
    isSecretWrong: asked.flag("isSecretWrong") ?? chaos.isSecretWrong,
    isAppAway: asked.flag("isAppAway") ?? chaos.isAppAway,
  };
  if (asked.wrong === undefined) Object.assign(chaos, next);
  return asked.wrong;
};

/** Has the transport treat the messages that follow as the chaos is now. */
export const applyChaos = (
  chaos: Chaos,
  treatment: Treatment,
  { signingSecret, wrongSecret }: { signingSecret: string; wrongSecret: string },
): void => {
  treatment.secret = chaos.isSecretWrong ? wrongSecret : signingSecret;
  treatment.drop = chaos.dropped / 100;
  treatment.double = chaos.doubled / 100;
  treatment.reorder = chaos.reordered / 100;
  treatment.delay = chaos.delayed * 1000;
};
