import { describe, expect, test } from "vitest";
import type { ClerkEvent } from "../../dev/clerk/events.ts";
import { play } from "../support/node/journal.ts";
import { deliver, withMeanwhile } from "../support/node/meanwhile.ts";
import { livingRows, realityOf } from "../support/node/reality.ts";
import { simulatedWorlds } from "../support/node/simulated-world.ts";

const newWorld = simulatedWorlds();

/**
 * Without what depends on who spoke last: the plans of items, of which events and lists do not say the same, and how many
 * members an organization has, which changes without an event of it.
 */
const comparable = ({
  subscription_items = {},
  organizations = {},
  ...others
}: Awaited<ReturnType<typeof livingRows>>) => ({
  ...others,
  organizations: mapped(organizations, ({ members_count: _count, ...row }) => row),
  subscription_items: mapped(subscription_items, ({ status, user_id, organization_id }) => ({
    status,
    user_id,
    organization_id,
  })),
});
const mapped = <Row, Result>(rows: Record<string, Row>, change: (row: Row) => Result): Record<string, Result> =>
  Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, change(row)]));

describe("a backfill that races webhooks on the same objects never wins with older data", () => {
  test.for([1, 2, 3, 4, 5])("life %i", async (seed) => {
    const world = await newWorld({ MIRROR_SESSIONS: "true", MIRROR_SUBREQUESTS: "10000" });
    world.instance.populate(100 + seed, 15);
    const events: ClerkEvent[] = [];
    world.instance.onEvent((event) => events.push(event));
    let delivered = 0;
    /** All that has happened is delivered, some of it the wrong way round. */
    const deliverAll = async () => {
      const batch = events.splice(0).map((event) => ({ id: `msg_${(delivered += 1)}`, event }));
      await Promise.all(batch.toReversed().map(({ id, event }) => deliver(world, id, event)));
    };
    const racing = withMeanwhile(world, async () => {
      world.instance.live(6);
      await deliverAll();
    });
    expect((await play(racing, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
    expect(delivered).toBeGreaterThan(200);
    expect(comparable(await livingRows(world.url))).toEqual(comparable(realityOf(world.instance)));
  });
});
