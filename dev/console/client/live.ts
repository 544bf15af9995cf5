import { connect } from "../../../cli/console/client/live.ts";
import type { LocalMessages } from "../protocol.ts";

export const { ask, useConnection, useTold } = connect<LocalMessages>({
  world: true,
  people: true,
  organizations: true,
  copy: true,
  deliveries: true,
  chart: true,
  verdict: true,
  chaos: true,
  run: true,
  outbox: true,
});
