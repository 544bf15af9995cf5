import { hasBearer } from "../bearer.ts";
import { log } from "../log.ts";
import type { ServicesOf } from "../services.ts";
import { type Bindings, settingOf } from "../settings.ts";
import { reasonsOf } from "./check.ts";

/** `/health?deep`, for uptime monitors. Without the token nobody may ask: it asks the database. */
export const deepHealth = async (headers: Headers, bindings: Bindings, servicesOf: ServicesOf): Promise<Response> => {
  const token = settingOf(bindings, "MIRROR_HEALTH_TOKEN");
  if (token === undefined || !(await hasBearer(headers, token))) {
    const reason =
      token === undefined ? "MIRROR_HEALTH_TOKEN is not set, or weak" : "the token is not MIRROR_HEALTH_TOKEN";
    log({ health: "unauthorized", reason, status: 401 });
    return Response.json({ error: "unauthorized" }, { status: 401, headers: { "WWW-Authenticate": "Bearer" } });
  }
  const reasons = await reasonsOf(servicesOf(bindings));
  const [health, status] = reasons.length === 0 ? (["ok", 200] as const) : (["failed", 503] as const);
  log({ health, reasons: reasons.map(({ code }) => code), status }, status === 200 ? "log" : "error");
  return Response.json({ status: health, reasons }, { status });
};
