import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { openInstance, snapshotIn } from "../../dev/clerk/kept-instance.ts";
import { readSnapshot } from "../../dev/clerk/snapshot.ts";
import { startLocalClerk } from "../../dev/local-clerk.ts";
import { objectsOf } from "../../dev/console/clerk-objects.ts";
import { tableNames } from "../../dev/console/copy-changes.ts";

const all = (instance: Instance): unknown =>
  tableNames.map((table) => [...objectsOf[table](instance).values()].map((one) => JSON.stringify(one)).toSorted());

const idsOf = (instance: Instance): string[] => tableNames.flatMap((table) => [...objectsOf[table](instance).keys()]);

describe("a snapshot of a simulated Clerk", () => {
  const original = createInstance({ seed: 3, id: "ins_local" });
  original.populate(100, 10);
  original.live(1000);
  const restored = createInstance({ seed: 4 }, readSnapshot(original.snapshot()));

  test("has all objects, in their order, and the instance's id", () => {
    expect(restored.id).toBe("ins_local");
    expect(all(restored)).toEqual(all(original));
    expect(restored.users.oldestFirst).toEqual(original.users.oldestFirst);
    expect(restored.statements.oldestFirst).toEqual(original.statements.oldestFirst);
    expect([...restored.accounts.keys()]).toEqual([...original.accounts.keys()]);
  });

  test("keeps one object one object", () => {
    for (const { organization, public_user_data } of restored.memberships.values()) {
      expect(restored.organizations.get(organization.id)).toBe(organization);
      expect(restored.publicUserData.get(public_user_data.user_id)).toBe(public_user_data);
    }
    for (const { permissions } of restored.roles.values()) {
      for (const permission of permissions) expect(restored.permissions.get(permission.id)).toBe(permission);
    }
    const [membership] = restored.memberships.values();
    const user = restored.rename(membership?.public_user_data.user_id ?? "", { first_name: "Renamed" });
    expect(user.first_name).toBe("Renamed");
    expect(membership?.public_user_data.first_name).toBe("Renamed");
  });

  test("goes on without an id or an address that was used before, even if the latest changes are lost", () => {
    const snapshot = original.snapshot();
    const before = new Set(idsOf(original));
    original.live(500);
    const lost = new Set(idsOf(original));
    const next = createInstance({ seed: 5 }, readSnapshot(snapshot));
    next.live(500);
    const made = idsOf(next).filter((id) => !before.has(id));
    expect(made.length).toBeGreaterThan(100);
    for (const id of made) expect(lost.has(id), id).toBe(false);
    const addresses = next.users.values().flatMap(({ email_addresses }) => email_addresses);
    const texts = [...addresses].map(({ email_address }) => email_address);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("is refused if it has another format, or is damaged", () => {
    expect(readSnapshot(Buffer.from("nonsense"))).toBeUndefined();
    expect(readSnapshot(Buffer.alloc(0))).toBeUndefined();
    expect(readSnapshot(original.snapshot().subarray(0, 1000))).toBeUndefined();
  });
});

describe("the simulated Clerk of a folder", () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "clerk-mirror-snapshot-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("goes on where it was, with what happened right before its end", async () => {
    const first = await openInstance(folder, 30);
    expect(first.origin).toBe("new");
    expect(first.instance.users.size).toBe(30);
    const user = first.instance.signUp({ first_name: "Ada" });
    await first.close();
    const second = await openInstance(folder, 500);
    expect(second.origin).toBe("kept");
    expect(second.instance.users.size).toBe(31);
    expect(second.instance.users.get(user.id)?.first_name).toBe("Ada");
    expect(all(second.instance)).toEqual(all(first.instance));
    await second.close();
  });

  test("is written while it runs", async () => {
    const kept = await openInstance(folder, 1);
    const user = kept.instance.signUp();
    await expect
      .poll(async () => readSnapshot(await readFile(snapshotIn(folder)).catch(() => Buffer.alloc(0)))?.users.length)
      .toBe(2);
    kept.instance.deleteUser(user.id);
    await expect.poll(async () => readSnapshot(await readFile(snapshotIn(folder)))?.users.length).toBe(1);
    await kept.close();
  });

  test("begins anew if the snapshot cannot be read, and says so", async () => {
    await writeFile(snapshotIn(folder), "of another version");
    const clerk = await startLocalClerk(folder, 5);
    expect(clerk.origin).toBe("unreadable");
    expect(clerk.instance.users.size).toBe(5);
    await clerk.close();
    expect((await openInstance(folder, 5)).origin).toBe("kept");
  });
});
