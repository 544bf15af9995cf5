import type { Fields } from "./fields.ts";

/** Who pays, a user or an organization, by id alone. Clerk writes an empty string for the other one. */
export const payer = (data: Fields): { user_id: string | null; organization_id: string | null } =>
  data.inside("payer", (inside) => ({
    user_id: inside.text("user_id") || null,
    organization_id: inside.text("organization_id") || null,
  })) ?? { user_id: null, organization_id: null };
