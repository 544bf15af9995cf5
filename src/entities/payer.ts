import type { Fields } from "./fields.ts";

/** Who pays, a user or an organization, by id alone. Clerk writes an empty string for the other one. */
export const payer = (data: Fields): { user_id: string | undefined; organization_id: string | undefined } =>
  data.inside("payer", (inside) => ({
    user_id: inside.text("user_id") || undefined,
    organization_id: inside.text("organization_id") || undefined,
  })) ?? { user_id: undefined, organization_id: undefined };
