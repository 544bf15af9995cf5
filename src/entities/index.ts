import type { Entity } from "./entity.ts";
import { session } from "./session.ts";
import { user } from "./user.ts";

/** All that is mirrored. One line an entity. */
const entities: readonly Entity[] = [user, session];

/** The entity that a type of event is about. */
export const entityOfType: ReadonlyMap<string, Entity> = new Map(
  entities.flatMap((entity) => entity.types.map((type) => [type, entity] as const)),
);
